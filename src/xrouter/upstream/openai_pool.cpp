#include "xrouter/upstream/openai_pool.hpp"

#include "xrouter/async/sleep.hpp"
#include "xrouter/base/log.hpp"

namespace xrouter::upstream {
namespace {

using boost::asio::awaitable;

// The caller sees the last failure only, so each one is written down where it happens.
void log_failure(const CallScope& scope, const Error& error, const std::string& deployment) {
  if (error.kind == ErrorKind::cancelled) return;
  const std::string where = deployment.empty() ? "" : " at " + deployment;
  log::warn(scope.name(), std::string(label_of(error.kind)) + where + ": " + error.describe());
}

std::size_t deployments_of(const ModelSpec& model) { return 1 + model.alternatives.size(); }
const std::string& upstream_of(const ModelSpec& model, std::size_t index) { return index == 0 ? model.upstream : model.alternatives[index - 1].upstream; }
const std::string& name_of(const ModelSpec& model, std::size_t index) {
  const std::string& name = index == 0 ? model.upstream_model : model.alternatives[index - 1].model;
  return name.empty() ? model.id.value : name;
}

// Of several refusals the one that says most about when it is worth to come back.
bool is_better_news(const Error& error, const Error& than) {
  const auto rank = [](const Error& each) {
    if (each.kind == ErrorKind::upstream_rate_limited) return each.retry_after ? 3 : 2;
    return each.kind == ErrorKind::overloaded ? 1 : 0;
  };
  if (rank(error) != rank(than)) return rank(error) > rank(than);
  return error.retry_after && *error.retry_after < *than.retry_after;
}

// The upstream itself is well, the key was not let in.
bool concerns_key(ErrorKind kind) { return kind == ErrorKind::upstream_rate_limited || kind == ErrorKind::upstream_credentials; }

}  // namespace

/// Where the next attempt goes.
struct OpenAiPool::Place {
  std::size_t deployment;
  LiveUpstream* upstream;
  LiveUpstream::Ticket ticket;
};

/// What a call has tried since it last waited.
class OpenAiPool::Visited {
 public:
  KeyMask keys_of(std::size_t deployment) const { return deployment < masks_.size() ? masks_[deployment] : 0; }
  void add(std::size_t deployment, std::size_t key, ErrorKind failure) {
    if (deployment >= masks_.size()) masks_.resize(deployment + 1);
    masks_[deployment] |= concerns_key(failure) ? KeyMask{1} << key : kAllKeys;
  }
  bool empty() const { return masks_.empty(); }
  void clear() { masks_.clear(); }

 private:
  std::vector<KeyMask> masks_;  // by deployment
};

/// A call from its first attempt to its last.
struct OpenAiPool::Course {
  Tries tries;
  int free_moves = 0;
  Visited visited = {};
  Result<Place> place;  ///< of the next attempt, or why there is none
  ModelReply out;
};

OpenAiPool::OpenAiPool(PoolOptions options, Rng rng)
    : options_(std::move(options)),
      shared_{.user_agent = "xrouter/" + options_.version, .breaker = options_.breaker, .estimator = options_.estimator},
      retry_(options_.retry),
      rng_(rng) {}

Result<void> OpenAiPool::add(config::UpstreamConfig upstream, net::Connector& connector) {
  auto made = LiveUpstream::create(std::move(upstream), shared_, connector);
  if (!made) return fail(made.error());
  by_name_.insert_or_assign((*made)->name(), made->get());
  upstreams_.push_back(std::move(*made));
  return {};
}

LiveUpstream* OpenAiPool::find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

Result<OpenAiPool::Place> OpenAiPool::admit(const ModelCall& call, const Visited& visited, TimePoint now) const {
  std::optional<Error> refusal;
  for (std::size_t i = 0; i < deployments_of(*call.model); ++i) {
    LiveUpstream* upstream = find(upstream_of(*call.model, i));
    if (!upstream || visited.keys_of(i) == kAllKeys) continue;
    Result<LiveUpstream::Ticket> ticket = upstream->admit(name_of(*call.model, i), visited.keys_of(i), now);
    if (ticket) return Place{i, upstream, std::move(*ticket)};
    if (!refusal || is_better_news(ticket.error(), *refusal)) refusal = std::move(ticket.error());
  }
  if (refusal) return fail(std::move(*refusal));
  return fail(ErrorKind::config, "The model has no upstream.", "no upstream of model " + call.model->id.value + " is known or left");
}

awaitable<void> OpenAiPool::attempt(const ModelCall& call, Course& course, CallScope& scope, DeltaSink* live) {
  ++course.tries.made;
  std::string deployment;
  if (course.place) {
    Place& place = *course.place;
    deployment = place.upstream->label(place.ticket.key());
    const std::string& model = name_of(*call.model, place.deployment);
    AttemptResult result = co_await place.upstream->attempt(call, model, place.ticket, scope, live);
    course.out.attempts.push_back(std::move(result.record));
    course.out.relayed = result.relayed;
    course.out.reply = std::move(result.reply);
  } else {
    course.out.reply = fail(course.place.error());
  }
  if (!course.out.reply) log_failure(scope, course.out.reply.error(), deployment);
}

bool OpenAiPool::goes_on_elsewhere(const ModelCall& call, Course& course, TimePoint now) const {
  const Error failure = course.out.reply.error();
  const Elsewhere move = retry_.elsewhere(failure, course.tries);
  if (move == Elsewhere::no || (move == Elsewhere::free && course.free_moves >= kMaxFreeMoves)) return false;
  course.visited.add(course.place->deployment, course.place->ticket.key(), failure.kind);
  course.place = admit(call, course.visited, now);
  if (course.place) {
    if (move == Elsewhere::free) ++course.free_moves, --course.tries.made;
    return true;
  }
  // Another key or deployment will be free before this one.
  const Error& refusal = course.place.error();
  const bool sooner = move == Elsewhere::free && refusal.kind == ErrorKind::upstream_rate_limited && refusal.retry_after;
  if (sooner) course.out.reply = fail(refusal);
  return false;
}

RetryDecision OpenAiPool::decide(const ModelCall& call, Course& course, CallScope& scope) {
  const ErrorKind kind = course.out.reply.error().kind;
  const bool tried = course.place.has_value();
  // Waiting pays for a rate limit only; behind an open breaker nothing will have changed.
  if (scope.ended() || (!tried && kind != ErrorKind::upstream_rate_limited)) return {};
  course.tries.relayed = course.out.relayed;
  course.tries.remaining = scope.remaining();
  if (traits_of(kind).retry == RetryClass::once) ++course.tries.upstream_faults;
  if (tried && goes_on_elsewhere(call, course, scope.now())) return {.again = true};
  course.visited.clear();
  return retry_.next(course.out.reply.error(), course.tries, rng_);
}

awaitable<ModelReply> OpenAiPool::call(const ModelCall& call, CallScope& scope, DeltaSink* live) {
  Course course{.tries = {.allowed = call.max_attempts}, .place = fail(ErrorKind::internal, "not asked"), .out = {.call = call.id}};
  if (scope.ended()) {
    course.out.reply = fail(scope.error());
    co_return std::move(course.out);
  }
  course.place = admit(call, course.visited, scope.now());
  for (int step = 1;; ++step) {
    CallScope attempt_scope(scope, std::nullopt, "a" + std::to_string(step));
    co_await attempt(call, course, attempt_scope, live);
    if (course.out.reply) break;
    const RetryDecision next = decide(call, course, scope);
    if (!next.again) break;
    if (!course.visited.empty()) continue;  // the next place is there already
    const Result<void> waited = co_await sleep_for(next.wait, scope);
    if (!waited) {
      course.out.reply = fail(waited.error());
      break;
    }
    course.place = admit(call, course.visited, scope.now());
  }
  co_return std::move(course.out);
}

}  // namespace xrouter::upstream
