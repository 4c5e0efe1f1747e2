#include "xrouter/engine/drive.hpp"

#include "xrouter/async/join.hpp"
#include "xrouter/base/assert.hpp"

namespace xrouter {
namespace {

using boost::asio::awaitable;

awaitable<ModelReply> call_one(const ModelCall& call, ModelPool& pool, EpisodeObserver& observer, CallScope& scope, DeltaSink* live) {
  observer.on(CallStarted{call});
  CallScope call_scope(scope, std::nullopt, call.id.value);
  ModelReply reply = co_await pool.call(call, call_scope, live);
  observer.on(CallFinished{call, reply});
  co_return reply;
}

awaitable<std::vector<ModelReply>> call_all(const CallModels& action, ModelPool& pool, EpisodeObserver& observer, CallScope& scope, DeltaSink* live) {
  DeltaSink* sink = action.relay ? live : nullptr;
  std::vector<awaitable<ModelReply>> calls;
  calls.reserve(action.calls.size());
  for (const ModelCall& call : action.calls) calls.push_back(call_one(call, pool, observer, scope, sink));
  co_return co_await join_all(scope.executor(), std::move(calls));
}

awaitable<PolicyReply> ask(const Episode& episode, Policy& policy, EpisodeObserver& observer, CallScope& scope) {
  const DecisionPrompt prompt = episode.prompt();
  observer.on(TurnStarted{prompt});
  CallScope turn_scope(scope, std::nullopt, "t" + std::to_string(prompt.turn));
  const TimePoint start = scope.now();
  PolicyReply reply = co_await policy.decide(prompt, turn_scope);
  observer.on(PolicyReplied{prompt.turn, reply, scope.now() - start});
  co_return reply;
}

}  // namespace

awaitable<Outcome> drive(Episode& episode, Policy& policy, ModelPool& pool, EpisodeObserver& observer, CallScope& scope, DeltaSink* live) {
  observer.on(EpisodeStarted{episode.spec()});
  Action action = episode.start();
  while (!episode.finished()) {
    if (scope.ended()) {
      action = episode.on(Expired{scope.end_kind()});
    } else if (std::holds_alternative<AskPolicy>(action)) {
      PolicyReply reply = co_await ask(episode, policy, observer, scope);
      action = episode.on(std::move(reply));
    } else {
      const CallModels calls = std::move(std::get<CallModels>(action));
      std::vector<ModelReply> replies = co_await call_all(calls, pool, observer, scope, live);
      action = episode.on(std::move(replies));
    }
  }
  Outcome outcome = std::move(std::get<Finish>(action).outcome);
  observer.on(EpisodeFinished{episode, outcome});
  co_return outcome;
}

}  // namespace xrouter
