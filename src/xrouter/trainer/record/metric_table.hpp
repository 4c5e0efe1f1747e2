// The one list of what training measures.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace xrouter::trainer {

struct MetricDeclaration {
  /// TensorBoard groups by what stands before the slash. A family ends in "/*": one value for each member.
  std::string_view name;
  std::string_view unit;  ///< empty: a plain number
  std::string_view meaning;

  constexpr bool is_family() const { return name.ends_with("/*"); }
};

inline constexpr MetricDeclaration kMetrics[] = {
    {"loss/total", "", "what the optimizer minimises"},
    {"loss/policy", "", "policy-gradient part of the loss"},
    {"loss/nll", "nats", "mean negative log-likelihood of a learned token"},
    {"loss/kl", "nats", "KL part of the loss, before its coefficient"},

    {"reward/total", "", "mean reward of a rollout"},
    {"reward/success", "", "mean part for a right answer"},
    {"reward/cost", "", "mean part for its cost (0 or less)"},
    {"reward/failure", "", "mean part for the cost of wrong answers (0 or less)"},
    {"reward/latency", "", "mean part for time (0 or less)"},
    {"reward/overlong", "", "mean part for long router output (0 or less)"},
    {"advantage/success", "", "mean absolute success part of the advantages"},
    {"advantage/cost", "", "mean absolute cost part of the advantages"},

    {"success/rate", "share", "scored rollouts that are right"},
    {"success/source/*", "share", "the same, of one source"},
    {"success/stratum/*", "share", "the same, of one stratum of difficulty"},
    {"success/cost_weight/*", "share", "the same, of one cost weight or range of cost weights"},

    {"cost/ratio", "", "mean cost of a rollout / mean cost of the reference model on the same prompts"},
    {"cost/ratio/*", "", "the same, of one cost weight or range of cost weights"},
    {"cost/total_usd_per_1000", "USD", "router and upstream, of 1,000 rollouts"},
    {"cost/router_usd_per_1000", "USD", "the router's own tokens"},
    {"cost/upstream_usd_per_1000", "USD", "calls of models, failed and retried ones included"},
    {"cost/wasted_usd_per_1000", "USD", "calls whose reply was not the answer; part of upstream"},
    {"cost/spent_usd", "USD", "whole run until now, recorded prices included"},

    {"call_share/*", "share", "calls that went to one model"},
    {"calls/top_share", "share", "calls that went to the most called model: 1 is collapse"},
    {"calls/per_query", "", "calls of a rollout"},
    {"calls/turns_per_query", "", "router decisions of a rollout"},
    {"calls/any_share", "share", "rollouts with at least one call"},
    {"calls/refused_rate", "share", "calls that were not allowed or not readable"},
    {"calls/failed_rate", "share", "calls without an answer"},
    {"answer/*", "share", "rollouts by where the answer comes from: direct, selected, synthesised, last_reply, none"},
    {"answer/final", "share", "rollouts whose answer went out without a further decision"},
    {"answer/cut_off", "share", "rollouts with a decision that hit its token limit"},

    {"policy/entropy", "nats", "mean over the tokens that the router chose"},
    {"policy/kl", "nats", "to the reference model, mean over chosen tokens"},
    {"policy/clip_high", "share", "chosen tokens clipped above"},
    {"policy/clip_low", "share", "chosen tokens clipped below"},
    {"policy/clip_dual", "share", "chosen tokens held by the dual clip"},
    {"policy/ratio_mean", "", "new / old probability"},
    {"policy/ratio_max", "", "the largest"},
    {"policy/mismatch_kl", "nats", "trainer against rollout probabilities: mean of rho - log rho - 1"},
    {"policy/choices", "tokens", "chosen tokens of the batch: what the loss is a mean over"},
    {"policy/router_tokens", "tokens", "written by the router in a rollout, forced ones included"},

    {"groups/drawn", "", "groups rolled out for this step"},
    {"groups/used", "", "groups in the batch"},
    {"groups/all_wrong", "share", "drawn groups without a right answer"},
    {"groups/all_right", "share", "drawn groups without a wrong answer"},
    {"groups/tied", "share", "drawn groups whose rewards are all alike"},
    {"groups/buffered", "", "groups kept for later steps"},
    {"groups/buffer_age", "steps", "mean age of the groups in the batch"},
    {"groups/unscored", "", "rollouts that no grader could judge: left out"},
    {"groups/grader_failures", "", "times that a grader failed in this step, validation included; it is asked twice"},
    {"groups/untraced", "", "rollouts without whole token traces: left out"},

    {"optimizer/learning_rate", "", "of this step"},
    {"optimizer/grad_norm", "", "before clipping"},
    {"optimizer/skipped", "", "steps not applied until now: the gradient was not finite"},
    {"optimizer/rollbacks", "", "returns to an earlier checkpoint until now"},

    {"speed/rollout_tokens_per_second", "tokens/s", "read and written by the router in rollouts"},
    {"speed/update_tokens_per_second", "tokens/s", "tree tokens through forward and backward"},
    {"speed/rollouts_per_second", "1/s", "episodes"},
    {"speed/shared", "", "tokens of all trajectories / tokens computed: what sharing common beginnings saves"},
    {"seconds/step", "s", "the whole step"},
    {"seconds/*", "s", "one phase of the step: rollout, score, update, optimizer, validation, checkpoint"},
    {"memory/peak_bytes", "bytes", "most memory that this process has held"},

    {"validation/score", "", "what the best checkpoint is chosen by"},
    {"validation/accuracy/*", "share", "greedy, at one cost weight"},
    {"validation/usd_per_1000/*", "USD", "cost of 1,000 questions, at one cost weight"},
    {"validation/cost_ratio/*", "", "cost / cost of the reference model, at one cost weight"},
    {"validation/reward/*", "", "mean reward, at one cost weight"},
    {"validation/hull_margin/*", "share", "accuracy above the static hull at the same cost, at one cost weight"},
};

/// nullptr when nothing of that name is declared. Members of families are found by their family's name with "/*".
constexpr const MetricDeclaration* find_metric(std::string_view name) {
  for (const MetricDeclaration& metric : kMetrics)
    if (metric.name == name) return &metric;
  return nullptr;
}

// Apart from find_metric: under UBSan g++ 12 takes no comparison of an address with null for a constant.
constexpr bool is_declared(std::string_view name) {
  for (const MetricDeclaration& metric : kMetrics)
    if (metric.name == name) return true;
  return false;
}

// Not constexpr: reaching them while compiling is the error message.
void metric_is_not_declared();
void metric_is_a_family_and_needs_a_member();
void metric_is_no_family();

/// The name of a declared metric with one value; checked by the compiler.
class SingleMetric {
 public:
  consteval SingleMetric(const char* name) : name_(name) {
    if (!is_declared(name_)) metric_is_not_declared();
    if (name_.ends_with("/*")) metric_is_a_family_and_needs_a_member();
  }
  constexpr std::string_view name() const { return name_; }

 private:
  std::string_view name_;
};

/// The name of a declared family, with or without its "/*"; checked by the compiler.
class MetricFamily {
 public:
  consteval MetricFamily(const char* name) : prefix_(name) {
    if (prefix_.ends_with("/*")) prefix_.remove_suffix(2);
    bool found = false;
    for (const MetricDeclaration& metric : kMetrics)
      found = found || (metric.is_family() && metric.name.substr(0, metric.name.size() - 2) == prefix_);
    if (!found) metric_is_no_family();
  }
  constexpr std::string_view prefix() const { return prefix_; }  ///< without slash

 private:
  std::string_view prefix_;
};

}  // namespace xrouter::trainer
