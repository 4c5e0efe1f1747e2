#include "xrouter/rollout/teacher/teacher_policy.hpp"

#include <algorithm>

#include "xrouter/policy/decisions.hpp"
#include "xrouter/policy_lm/written_decision.hpp"
#include "xrouter/rollout/teacher/seen_result.hpp"

namespace xrouter::rollout {
namespace {

constexpr std::string_view kFinalArguments = R"({"final":true})";

PolicyReply final_call(const ModelId& model, const DecisionPrompt& prompt) {
  PolicyReply reply = policy::call_models({model});
  // In simple mode every call is final, and the word is not offered.
  if (prompt.spec.mode == Mode::agent) reply.tool_calls.front().arguments = kFinalArguments;
  return reply;
}

const CallRecord* call_of(const Transcript& transcript, const ModelId& model) {
  for (const Turn& turn : transcript.turns)
    for (const CallRecord& call : turn.calls)
      if (call.model && call.model->id == model) return &call;
  return nullptr;
}

bool succeeded(const CallRecord* call) { return call && call->status == CallStatus::ok; }

PolicyReply select_latest(const DecisionPrompt& prompt) {
  const std::vector<const CallRecord*> successes = prompt.transcript.successes();
  return successes.empty() ? policy::give_up(prompt.transcript) : policy::select(successes.back()->id);
}

/// The last word of a plan that found nothing to take. An answer that is there already costs nothing more.
PolicyReply settle_with(const ModelId& model, const Plan& plan, const DecisionPrompt& prompt) {
  if (const CallRecord* call = call_of(prompt.transcript, model); succeeded(call)) return policy::select(call->id);
  for (const ModelId& each : {model, plan.last, plan.second, plan.first}) {
    const bool can_be_asked = prompt.may_call && !each.empty() && !call_of(prompt.transcript, each);
    if (can_be_asked) return final_call(each, prompt);
  }
  return select_latest(prompt);
}

PolicyReply next_of_look(const Plan& plan, const DecisionPrompt& prompt) {
  const CallRecord* first = call_of(prompt.transcript, plan.first);
  if (!first) return policy::call_models({plan.first});
  if (succeeded(first) && seen_result(prompt, *first).states_answer) return policy::select(first->id);
  return settle_with(plan.last, plan, prompt);
}

bool believed(const Plan& plan, const DecisionPrompt& prompt, const CallRecord& last) {
  if (!succeeded(&last)) return false;
  const SeenResult seen = seen_result(prompt, last);
  return plan.doubt == Doubt::no_answer ? seen.states_answer : seen.agrees;
}

PolicyReply next_of_pair(const Plan& plan, const DecisionPrompt& prompt) {
  const CallRecord* first = call_of(prompt.transcript, plan.first);
  const CallRecord* second = call_of(prompt.transcript, plan.second);
  if (!first) return policy::call_models({plan.first, plan.second});
  if (succeeded(first) && succeeded(second) && seen_result(prompt, *second).agrees) return policy::select(first->id);
  if (const CallRecord* last = call_of(prompt.transcript, plan.last))
    return believed(plan, prompt, *last) ? policy::select(last->id) : settle_with(plan.fallback, plan, prompt);
  const bool turn_left = prompt.turn < prompt.spec.limits.max_turns;  // to read what comes back
  if (plan.fallback.empty() || !prompt.may_call || !turn_left) return settle_with(plan.last, plan, prompt);
  return policy::call_models({plan.last});
}

AttemptRecord attempt_of(const EpisodeSpec& spec, const TokenTrace& trace) {
  AttemptRecord attempt{.model = spec.router ? spec.router->id : ModelId("teacher")};
  attempt.usage = {.prompt_tokens = static_cast<std::int64_t>(trace.prompt.size()),
                   .completion_tokens = static_cast<std::int64_t>(trace.reply.size()) - (trace.ended ? 1 : 0)};
  attempt.usage_source = UsageSource::reported;
  attempt.cost = spec.router ? spec.router->price.cost_of(attempt.usage) : Cost::exactly(Usd::zero());
  if (spec.router) attempt.price_version = spec.router->price.version();
  return attempt;
}

PolicyReply written(PolicyReply decision, const DecisionPrompt& prompt, const WriteDecision& write) {
  if (decision.error) return decision;
  Result<TokenTrace> trace = write(prompt, decision);
  if (!trace) {
    PolicyReply failed;
    failed.error = trace.error();
    return failed;
  }
  decision.attempts.push_back(attempt_of(prompt.spec, *trace));
  decision.trace = std::make_shared<const TokenTrace>(std::move(*trace));
  return decision;
}

}  // namespace

WriteDecision written_by(std::shared_ptr<const policy_lm::RouterModel> model) {
  return [model = std::move(model)](const DecisionPrompt& prompt, const PolicyReply& decision) {
    return policy_lm::written_decision(*model, prompt, decision, chat_format::Thinking::off);
  };
}

PolicyReply next_decision(const Plan& plan, const DecisionPrompt& prompt) {
  const bool begun = !prompt.transcript.turns.empty();
  switch (plan.kind) {
    case PlanKind::look:
      return next_of_look(plan, prompt);
    case PlanKind::pair:
      return next_of_pair(plan, prompt);
    case PlanKind::direct:
      if (begun) break;
      return {.text = plan.answer};
    case PlanKind::final_call:
    case PlanKind::cheapest:
    case PlanKind::strongest:
      if (begun) break;
      return final_call(plan.first, prompt);
  }
  return select_latest(prompt);
}

boost::asio::awaitable<PolicyReply> TeacherPolicy::decide(const DecisionPrompt& prompt, CallScope&) {
  co_return written(next_decision(plan_, prompt), prompt, write_);
}

MakePolicy teacher_policies(std::shared_ptr<const OutcomeTable> table, TeacherOptions options, WriteDecision write) {
  return [table = std::move(table), options, write = std::move(write)](const EpisodeFacts& facts) -> std::unique_ptr<Policy> {
    Rng rng = facts.rng;
    return std::make_unique<TeacherPolicy>(draw_plan(facts.task, facts.cost_weight, *table, options, rng), write);
  };
}

}  // namespace xrouter::rollout
