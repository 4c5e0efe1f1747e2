#include "xrouter/replay/replay_pool.hpp"

#include "xrouter/async/sleep.hpp"
#include "xrouter/base/log.hpp"
#include "xrouter/replay/entry.hpp"

namespace xrouter::replay {
namespace {

using boost::asio::awaitable;

ModelReply failed(const ModelCall& call, Error error) {
  ModelReply out{.call = call.id};
  out.reply = fail(std::move(error));
  return out;
}

// Without a word of the prompt: errors end in logs.
Error missing(const ModelCall& call, const ReplayKey& key) {
  return {.kind = ErrorKind::config,
          .public_text = "This call was not recorded.",
          .internal_text = "model " + call.model->id.value + ", replica " + std::to_string(key.replica) + ", " +
                           std::to_string(call.request.messages.size()) + " messages, key " + key.digest};
}

Duration latency_of(const ModelReply& reply) {
  Duration sum = Duration::zero();
  for (const AttemptRecord& attempt : reply.attempts) sum += attempt.latency;
  return sum;
}

// Nothing is charged for a replay that nobody waited for.
void cut_short(ModelReply& reply, const Error& error) {
  reply.reply = fail(error);
  for (AttemptRecord& attempt : reply.attempts) {
    attempt.error = error.kind;
    attempt.usage = {};
    attempt.usage_source = UsageSource::none;
    attempt.cost = {};
  }
}

}  // namespace

std::string_view to_text(ReplayMode mode) {
  switch (mode) {
    case ReplayMode::record: return "record";
    case ReplayMode::replay: return "replay";
    case ReplayMode::strict: return "strict";
  }
  return "replay";
}

std::optional<ReplayMode> replay_mode_of(std::string_view text) {
  for (const ReplayMode mode : {ReplayMode::record, ReplayMode::replay, ReplayMode::strict})
    if (to_text(mode) == text) return mode;
  return std::nullopt;
}

Result<std::shared_ptr<ReplayMemory>> open_memory(const std::string& file, ReplayOptions options) {
  auto store = ReplayStore::open({.file = file, .read_only = options.mode == ReplayMode::strict});
  if (!store) return fail(store.error());
  return std::make_shared<ReplayMemory>(std::move(*store), options);
}

awaitable<ModelReply> ReplayPool::call(const ModelCall& call, CallScope& scope, DeltaSink* live) {
  if (other_ && call.model->upstream == kRecordedUpstream) co_return co_await other_->call(call, scope, live);
  // Counted before anything is awaited: the order of calls decides, not the order of answers.
  const std::string digest = request_digest(call);
  const ReplayKey key = key_of(digest, is_sampled(call) ? counter_->next(digest) : 0);
  for (bool waited = false;; waited = true) {
    if (scope.ended()) co_return failed(call, scope.error());
    Result<std::optional<ModelReply>> found = remembered(call, key, waited);
    if (!found) co_return failed(call, std::move(found.error()));
    if (*found) co_return co_await give(std::move(**found), scope, live);
    if (memory_->under_way_.count(key.digest) == 0) break;
    co_await wait_for_turn(key, scope);
  }
  co_return co_await ask(call, key, scope, live);
}

Result<std::optional<ModelReply>> ReplayPool::remembered(const ModelCall& call, const ReplayKey& key, bool waited) {
  const ReplayOptions& options = memory_->options_;
  // A recording that somebody has just made for this key is the one that was asked for.
  if (options.mode != ReplayMode::record || waited) {
    auto found = memory_->store_->find(key, call);
    if (!found) return found;
    if (*found) {
      ++memory_->figures_.hits;
      memory_->figures_.shared += waited ? 1 : 0;
      return found;
    }
  }
  if (memory_->broken_) return fail(*memory_->broken_);
  const bool may_ask = other_ && (options.mode == ReplayMode::record || (options.mode == ReplayMode::replay && options.ask_when_missing));
  if (may_ask) return std::optional<ModelReply>();
  ++memory_->figures_.misses;
  return fail(missing(call, key));
}

awaitable<void> ReplayPool::wait_for_turn(const ReplayKey& key, CallScope& scope) {
  Event turn(scope.executor());
  const auto place = memory_->waiting_.emplace(key.digest, &turn);
  const CallScope::Hook wake(scope, [&turn] { turn.set(); });
  co_await turn.wait();
  memory_->waiting_.erase(place);
}

awaitable<ModelReply> ReplayPool::ask(const ModelCall& call, const ReplayKey& key, CallScope& scope, DeltaSink* live) {
  // Holds the key until it is destroyed, however the call ends.
  struct UnderWay {
    ReplayMemory& memory;
    std::string digest;
    UnderWay(ReplayMemory& shared, std::string of) : memory(shared), digest(std::move(of)) { ++memory.under_way_[digest]; }
    ~UnderWay() {
      memory.under_way_.erase(digest);
      const auto [first, last] = memory.waiting_.equal_range(digest);
      for (auto it = first; it != last; ++it) it->second->set();
    }
  };
  UnderWay under_way(*memory_, key.digest);
  ++memory_->figures_.misses;
  ModelReply reply = co_await other_->call(call, scope, live);
  if (is_final(reply))
    keep(call, key, reply);
  else
    ++memory_->figures_.passing;
  co_return reply;
}

void ReplayPool::keep(const ModelCall& call, const ReplayKey& key, const ModelReply& reply) {
  const auto kept = memory_->store_->put(key, call, reply, memory_->options_.mode == ReplayMode::record);
  if (kept) {
    memory_->figures_.recorded += *kept ? 1 : 0;
    return;
  }
  // The answer is paid for and good: it is given. What comes after it is not asked any more.
  if (!memory_->broken_) log::error("replay", kept.error().describe());
  memory_->broken_ = kept.error();
}

awaitable<ModelReply> ReplayPool::give(ModelReply stored, CallScope& scope, DeltaSink* live) {
  Result<void> done;
  for (AttemptRecord& attempt : stored.attempts) attempt.started = scope.clock().wall_now();
  const Duration latency = latency_of(stored);
  if (memory_->options_.replay_latency && latency > Duration::zero()) done = co_await sleep_for(latency, scope);
  if (!done) {
    cut_short(stored, done.error());
    co_return stored;
  }
  if (!live || !stored.reply) co_return stored;
  const std::vector<ChatDelta> deltas = deltas_of(*stored.reply);
  for (const ChatDelta& delta : deltas) {
    if (done) done = co_await live->write(delta, scope);
    stored.relayed = stored.relayed || delta.commits();
  }
  if (!done) stored.reply = fail(done.error());
  co_return stored;
}

}  // namespace xrouter::replay
