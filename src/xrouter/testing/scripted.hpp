// A policy and a pool that follow a script: what engine and server tests plug into an episode.
// Replies, delays and failures are data; both record what they were asked. Single-threaded.
#pragma once

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <deque>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "xrouter/async/sleep.hpp"
#include "xrouter/engine/ports.hpp"

namespace xrouter {

/// A successful reply with one choice. Without usage the upstream "did not say".
inline ChatReply text_reply(std::string text, std::optional<Usage> usage = {}) {
  ChatReply reply{.id = "upstream-1", .model = "upstream-model", .choices = {}, .usage = usage};
  Choice choice;
  choice.message.content = std::move(text);
  reply.choices.push_back(std::move(choice));
  return reply;
}

/// A decision that answers by itself.
inline PolicyReply answering(std::string text) { return {.text = std::move(text)}; }

inline PolicyReply failing(ErrorKind kind) { return {.error = Error{.kind = kind, .public_text = "scripted policy failure"}}; }

inline ToolCall tool_call(std::string name, std::string arguments = "{}", std::string id = "p1") {
  return {.id = std::move(id), .name = std::move(name), .arguments = std::move(arguments)};
}

/// A decision that calls these models, each without arguments.
inline PolicyReply calling(std::initializer_list<std::string> model_ids) {
  PolicyReply reply;
  for (const std::string& id : model_ids)
    reply.tool_calls.push_back(tool_call(tool_name_of(ModelId(id)), "{}", "p" + std::to_string(reply.tool_calls.size() + 1)));
  return reply;
}

inline PolicyReply committing(std::string model_id) {
  PolicyReply reply = calling({std::move(model_id)});
  reply.commit = true;
  return reply;
}

inline PolicyReply selecting(std::string call_id) {
  PolicyReply reply;
  reply.tool_calls.push_back(tool_call(std::string(kSelectTool), "{\"call_id\":\"" + call_id + "\"}"));
  return reply;
}

/// Gives its decisions in order; beyond the script it fails with ErrorKind::internal. When the scope
/// ends during a delay it fails with the scope's error and keeps the scripted attempts.
class ScriptedPolicy final : public Policy {
 public:
  /// What a decision was based on, copied: the prompt's references end with decide().
  struct Seen {
    int turn = 0;
    bool may_call = true;
    std::optional<Usd> cost_left = {};
    Transcript transcript = {};
  };

  ScriptedPolicy& then(PolicyReply reply, Duration delay = Duration::zero()) {
    script_.emplace_back(std::move(reply), delay);
    return *this;
  }
  const std::vector<Seen>& seen() const { return seen_; }
  bool used_up() const { return script_.empty(); }

  boost::asio::awaitable<PolicyReply> decide(const DecisionPrompt& prompt, CallScope& scope) override {
    seen_.push_back({prompt.turn, prompt.may_call, prompt.cost_left, prompt.transcript});
    if (script_.empty()) co_return failing(ErrorKind::internal);
    auto [reply, delay] = std::move(script_.front());
    script_.pop_front();
    Result<void> waited;
    if (delay > Duration::zero()) waited = co_await sleep_for(delay, scope);
    if (!waited) reply.error = waited.error();
    co_return reply;
  }

 private:
  std::deque<std::pair<PolicyReply, Duration>> script_;
  std::vector<Seen> seen_;
};

/// How the pool answers one call.
struct ScriptedReply {
  Result<ChatReply> reply = text_reply("ok", Usage{.prompt_tokens = 10, .completion_tokens = 5});
  Duration delay = Duration::zero();        ///< until the reply, or until the first delta
  Duration delta_delay = Duration::zero();  ///< before each further delta of a stream
  std::optional<ErrorKind> cut = {};        ///< a stream breaks with this after its first committing delta
  /// Replaces the one attempt that is made up from the reply otherwise.
  std::optional<std::vector<AttemptRecord>> attempts = {};
};

inline ScriptedReply scripted_failure(ErrorKind kind, Duration delay = Duration::zero()) {
  ScriptedReply reply;
  reply.reply = fail(kind, "scripted call failure");
  reply.delay = delay;
  return reply;
}

/// Answers from one queue per model, else with `otherwise`. Costs are the usage under the model's
/// price. A call cut short by its scope reports the scope's error and an estimated attempt of its
/// prompt tokens.
class ScriptedPool final : public ModelPool {
 public:
  ScriptedPool& on(std::string model_id, ScriptedReply reply) {
    queues_[model_id].push_back(std::move(reply));
    return *this;
  }
  ScriptedPool& on(std::string model_id, std::string text) {
    ScriptedReply scripted;
    scripted.reply = text_reply(std::move(text), Usage{.prompt_tokens = 10, .completion_tokens = 5});
    return on(std::move(model_id), std::move(scripted));
  }

  ScriptedReply otherwise = {};

  const std::vector<ModelCall>& calls() const { return calls_; }
  int in_flight() const { return in_flight_; }
  int most_in_flight() const { return most_in_flight_; }

  boost::asio::awaitable<ModelReply> call(const ModelCall& call, CallScope& scope, DeltaSink* live) override {
    calls_.push_back(call);
    most_in_flight_ = std::max(most_in_flight_, ++in_flight_);
    const ScriptedReply scripted = next(call);
    const TimePoint begun = scope.now();
    ModelReply out{.call = call.id};
    out.reply = scripted.reply;
    Result<void> waited;
    if (scope.ended()) waited = fail(scope.error());
    if (waited && scripted.delay > Duration::zero()) waited = co_await sleep_for(scripted.delay, scope);
    if (!waited) out.reply = fail(waited.error());
    if (waited && live && scripted.reply) co_await relay(scripted, out, scope, *live);
    settle(call, scripted, scope.now() - begun, scope.clock().wall_now(), out);
    --in_flight_;
    co_return out;
  }

 private:
  ScriptedReply next(const ModelCall& call) {
    auto queue = queues_.find(call.model->id.value);
    if (queue == queues_.end() || queue->second.empty()) return otherwise;
    ScriptedReply reply = std::move(queue->second.front());
    queue->second.pop_front();
    return reply;
  }

  static boost::asio::awaitable<void> relay(const ScriptedReply& scripted, ModelReply& out, CallScope& scope, DeltaSink& live) {
    const std::vector<ChatDelta> deltas = deltas_of(*scripted.reply);
    for (std::size_t i = 0; i < deltas.size(); ++i) {
      Result<void> sent;
      if (i > 0 && scripted.delta_delay > Duration::zero()) sent = co_await sleep_for(scripted.delta_delay, scope);
      if (sent && scripted.cut && out.relayed) sent = fail(*scripted.cut, "scripted cut");
      if (sent) sent = co_await live.write(deltas[i], scope);
      if (!sent) {
        out.reply = fail(sent.error());
        co_return;
      }
      out.relayed = out.relayed || deltas[i].commits();
    }
  }

  static void settle(const ModelCall& call, const ScriptedReply& scripted, Duration latency, WallTime ended, ModelReply& out) {
    if (scripted.attempts) {
      out.attempts = *scripted.attempts;
      return;
    }
    AttemptRecord attempt{.model = call.model->id};
    attempt.price_version = call.model->price.version();
    attempt.started = ended - std::chrono::floor<std::chrono::milliseconds>(latency);
    attempt.latency = latency;
    if (!out.reply) attempt.error = out.reply.error().kind;
    if (scripted.reply) {
      attempt.http_status = 200;
      attempt.usage = scripted.reply->usage.value_or(Usage{});
      attempt.usage_source = out.reply ? UsageSource::reported : UsageSource::estimated;
      if (!out.reply) attempt.usage.completion_tokens = 0;
      attempt.cost = call.model->price.cost_of(attempt.usage);
      attempt.cost.estimated = !out.reply;
    }
    out.attempts.push_back(std::move(attempt));
  }

  std::map<std::string, std::deque<ScriptedReply>> queues_;
  std::vector<ModelCall> calls_;
  int in_flight_ = 0;
  int most_in_flight_ = 0;
};

/// Collects deltas. `fail_after` writes it fails with ErrorKind::cancelled: the client has left.
class CollectingSink final : public DeltaSink {
 public:
  std::optional<std::size_t> fail_after = {};
  Duration write_delay = Duration::zero();

  boost::asio::awaitable<Result<void>> write(const ChatDelta& delta, CallScope& scope) override {
    Result<void> written;
    if (write_delay > Duration::zero()) written = co_await sleep_for(write_delay, scope);
    if (fail_after && deltas_.size() >= *fail_after) written = fail(ErrorKind::cancelled, "The client left.");
    if (written) deltas_.push_back(delta);
    co_return written;
  }
  const std::vector<ChatDelta>& deltas() const { return deltas_; }
  std::string text() const {
    ReplyAccumulator all;
    for (const ChatDelta& delta : deltas_) all.add(delta);
    return all.reply().text();
  }

 private:
  std::vector<ChatDelta> deltas_;
};

}  // namespace xrouter
