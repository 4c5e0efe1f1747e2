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

/// The last word of a plan that found nothing to take.
PolicyReply ask_for_good(const Plan& plan, const DecisionPrompt& prompt) {
  for (const ModelId& model : {plan.last, plan.second, plan.first}) {
    const bool can_be_asked = prompt.may_call && !model.empty() && !call_of(prompt.transcript, model);
    if (can_be_asked) return final_call(model, prompt);
  }
  return select_latest(prompt);
}

bool takes_first(const Plan& plan, const DecisionPrompt& prompt, const CallRecord& first) {
  switch (plan.reading) {
    case Reading::trust:
      return true;
    case Reading::doubt:
      return false;
    case Reading::by_eye:
      return seen_result(prompt, first).states_answer;
  }
  return false;
}

PolicyReply after_comparison(const Plan& plan, const DecisionPrompt& prompt, const CallRecord& first, const CallRecord& second) {
  if (succeeded(&first) && succeeded(&second) && plan.trusts_agreement && seen_result(prompt, second).agrees)
    return policy::select(first.id);
  return ask_for_good(plan, prompt);
}

PolicyReply next_of_look(const Plan& plan, const DecisionPrompt& prompt) {
  const CallRecord* first = call_of(prompt.transcript, plan.first);
  if (!first) return policy::call_models({plan.first});
  if (!succeeded(first)) return ask_for_good(plan, prompt);
  if (const CallRecord* second = plan.second.empty() ? nullptr : call_of(prompt.transcript, plan.second))
    return after_comparison(plan, prompt, *first, *second);
  if (takes_first(plan, prompt, *first)) return policy::select(first->id);
  const bool turn_left = prompt.turn < prompt.spec.limits.max_turns;  // to read the comparison
  if (!plan.second.empty() && prompt.may_call && turn_left) return policy::call_models({plan.second});
  return ask_for_good(plan, prompt);
}

PolicyReply next_of_pair(const Plan& plan, const DecisionPrompt& prompt) {
  const CallRecord* first = call_of(prompt.transcript, plan.first);
  const CallRecord* second = call_of(prompt.transcript, plan.second);
  if (!first) return policy::call_models({plan.first, plan.second});
  return second ? after_comparison(plan, prompt, *first, *second) : ask_for_good(plan, prompt);
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

MakePolicy teacher_policies(std::shared_ptr<const AccuracyTable> accuracy, TeacherOptions options, WriteDecision write) {
  return [accuracy = std::move(accuracy), options, write = std::move(write)](const EpisodeFacts& facts) -> std::unique_ptr<Policy> {
    Rng rng = facts.rng;
    return std::make_unique<TeacherPolicy>(draw_plan(facts.task, facts.cost_weight, *accuracy, options, rng), write);
  };
}

}  // namespace xrouter::rollout
