#include "xrouter/service/run.hpp"

#include "xrouter/policy/fixed.hpp"
#include "xrouter/service/json_check.hpp"

namespace xrouter::service {
namespace {

using boost::asio::awaitable;

const CallRecord* record_of(const Transcript& transcript, const CallId& id) {
  for (const Turn& turn : transcript.turns)
    for (const CallRecord& record : turn.calls)
      if (record.id == id) return &record;
  return nullptr;
}

awaitable<Outcome> run_checked(Policy& policy, Episode& episode, ModelPool& pool, EpisodeObserver& observer, CallScope& scope) {
  const JsonDemand demand(episode.spec().request.response_format);
  JsonCheckedPolicy checked_policy(policy, demand);
  JsonCheckedPool checked_pool(pool, demand);
  co_return co_await drive(episode, checked_policy, checked_pool, observer, scope);
}

}  // namespace

awaitable<Outcome> run(const Plan& plan, Episode& episode, const Backends& backends, EpisodeObserver& observer, CallScope& scope,
                       ToolAffinity* affinity, DeltaSink* live) {
  policy::FixedPolicy fixed(plan.fixed_model);
  Policy& policy = plan.fixed_model.empty() ? backends.router : static_cast<Policy&>(fixed);
  Outcome outcome;
  if (plan.json_wanted)
    outcome = co_await run_checked(policy, episode, backends.pool, observer, scope);
  else
    outcome = co_await drive(episode, policy, backends.pool, observer, scope, live);
  if (affinity && outcome.answer) affinity->remember(*outcome.answer, model_of_answer(episode, outcome), plan.caller);
  co_return outcome;
}

ModelId model_of_answer(const Episode& episode, const Outcome& outcome) {
  if (!outcome.answer_call.empty()) {
    const CallRecord* record = record_of(episode.transcript(), outcome.answer_call);
    return record && record->model ? record->model->id : ModelId();
  }
  const bool by_router = outcome.source == AnswerSource::direct || outcome.source == AnswerSource::synthesised;
  return by_router && episode.spec().router ? episode.spec().router->id : ModelId();
}

}  // namespace xrouter::service
