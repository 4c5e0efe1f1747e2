// A policy that follows a plan and writes it down as a router would.
#pragma once

#include <functional>
#include <memory>

#include "xrouter/policy_lm/router_model.hpp"
#include "xrouter/rollout/runner.hpp"
#include "xrouter/rollout/teacher/plan.hpp"

namespace xrouter::rollout {

/// The tokens that a router would have had to write for this decision. Errors: it is not allowed now, or does not fit.
using WriteDecision = std::function<Result<TokenTrace>(const DecisionPrompt& prompt, const PolicyReply& decision)>;
WriteDecision written_by(std::shared_ptr<const policy_lm::RouterModel> model);

/// What comes next by this plan, after what the transcript shows. Pure; of answers it reads what a router is told of
/// them. Where a call failed, or nothing can be called any more, the latest success is selected; without one, another
/// model of the plan is called, or the decision is an error.
PolicyReply next_decision(const Plan& plan, const DecisionPrompt& prompt);

/// `attempts` has the tokens of the decision, priced by EpisodeSpec::router. PolicyReply::error: those of `write`.
class TeacherPolicy final : public Policy {
 public:
  TeacherPolicy(Plan plan, WriteDecision write) : plan_(std::move(plan)), write_(std::move(write)) {}
  boost::asio::awaitable<PolicyReply> decide(const DecisionPrompt& prompt, CallScope& scope) override;

 private:
  Plan plan_;
  WriteDecision write_;
};

/// For run_rollouts: a plan of its own for every episode. Precondition: the options pass check().
MakePolicy teacher_policies(std::shared_ptr<const OutcomeTable> table, TeacherOptions options, WriteDecision write);

}  // namespace xrouter::rollout
