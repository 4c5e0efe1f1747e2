// The settings of what an episode is worth and how weights follow from it; their meaning is in rl/.
#include "xrouter/trainer/config/properties.hpp"
#include "xrouter/trainer/config/rules.hpp"

namespace xrouter::trainer {
namespace {

using namespace config::rules;
using config::Properties;
using config::section;

constexpr int kMillion = 1'000'000;

void declare_reward(Properties<TrainDraft>& list) {
  auto s = section(list, "reward.", [](auto& draft) -> auto& { return draft.config.reward.options; });
  using R = rl::RewardOptions;
  s.field("success", &R::success, decimal(0.001, 1000), {.text = "K: what a right answer is worth."});
  s.field("cost_weight", &R::cost_weight, decimal(0, 1e6),
          {.text = "lambda: what one unit of normalised cost takes away at cost weight 1. The reward is s (K - min(lambda w c, cap))."});
  s.field("penalty_cap", &R::penalty_cap, decimal(0, 1000), {.text = "The most that cost takes away; below `success`, so that a success beats every failure."});
  s.field("norm", &R::norm,
          word_for<rl::CostNorm>({{"reference", rl::CostNorm::reference}, {"percentile", rl::CostNorm::percentile}, {"usd", rl::CostNorm::usd}}),
          {.text = "c: cost / cost of the reference on this prompt; place between the 5th and 95th percentile of recent costs; or dollars, for comparison only."});
  auto reference = section(list, "reward.", [](auto& draft) -> auto& { return draft.config.reward; });
  reference.field("reference", &RewardConfig::reference, text(1),
                  {.text = "A model's id; `best`: of the offered models the first by accuracy on split train; `mean`: of all offered ones."});
  s.field("gate", &R::gate, word_for<rl::Gate>({{"success", rl::Gate::success}, {"budget", rl::Gate::budget}, {"additive", rl::Gate::additive}}),
          {.text = "`success`: a failure pays nothing for its cost; `budget`: a success beyond `budget` is worth nothing; `additive`: s K - lambda w c."});
  s.field("budget", &R::budget, decimal(0, 1e6), {.text = "Of normalised cost."});
  s.field("failure_cost", &R::failure_cost, decimal(0, 10),
          {.text = "kappa: share of its penalty that a failure loses, so that hopeless prompts teach thrift. Also of the split advantages."});
  s.field("latency_weight", &R::latency_weight, decimal(0, 1e6), {.text = "mu: what one unit of normalised time takes away."});
  s.field("latency_seconds", &R::latency_seconds, decimal(0.001, 1e6), {.text = "One unit of time.", .unit = "s"});
  s.field("overlong_limit_tokens", &R::overlong_limit_tokens, whole_number<int>(0, kMillion), {.text = "Soft limit on the router's own tokens; 0: none.", .unit = "tokens"});
  s.field("overlong_buffer_tokens", &R::overlong_buffer_tokens, whole_number<int>(0, kMillion), {.text = "The penalty begins so many before it.", .unit = "tokens"});
  s.field("overlong_factor", &R::overlong_factor, decimal(0, 1000), {.text = "Penalty at the limit and beyond."});
}

void declare_advantage(Properties<TrainDraft>& list) {
  auto s = section(list, "advantage.", [](auto& draft) -> auto& { return draft.config.advantage; });
  using A = rl::AdvantageOptions;
  using E = rl::Estimator;
  s.field("estimator", &A::estimator,
          word_for<E>({{"split", E::split},
                       {"grpo", E::grpo},
                       {"dr_grpo", E::dr_grpo},
                       {"rloo", E::rloo},
                       {"batch_std", E::batch_std},
                       {"reinforce_pp", E::reinforce_pp},
                       {"reinforce_pp_baseline", E::reinforce_pp_baseline}}),
          {.text = "How a rollout is compared with its siblings. Only `split` lets the cost weight act where all of them are right."});
  s.field("penalty_cap", &A::penalty_cap, decimal(0, 1000), {.text = "split: bound of the cost part."});
  s.field("dead_zone", &A::dead_zone, decimal(0, 1000), {.text = "split: smaller differences of normalised cost count as none."});
  s.field("epsilon", &A::epsilon, decimal(0, 1), {.text = "grpo, batch_std: added to the deviation."});
  s.field("discount", &A::discount, decimal(0, 1), {.text = "reinforce_pp: for each token that the router chose."});
  auto scale = section(list, "advantage.", [](auto& draft) -> auto& { return draft.config; });
  scale.field("running_scale", &TrainConfig::running_cost_scale, boolean(), {.text = "split: divide cost by its running deviation over batches instead of by 1."});
}

void declare_loss(Properties<TrainDraft>& list) {
  auto s = section(list, "loss.", [](auto& draft) -> auto& { return draft.config.loss; });
  using L = rl::LossOptions;
  using O = rl::Objective;
  s.field("objective", &L::objective,
          word_for<O>({{"ppo", O::ppo}, {"gspo", O::gspo}, {"cispo", O::cispo}, {"reinforce", O::reinforce}, {"probability_mask", O::probability_mask}}),
          {.text = "How log-probs follow advantages."});
  s.field("clip_low", &L::clip_low, decimal(0, 1), {.text = "The ratio is clipped below 1 - this."});
  s.field("clip_high", &L::clip_high, decimal(0, 1000), {.text = "and above 1 + this: larger, so that rare tokens can rise."});
  s.field("dual_clip", &L::dual_clip, decimal(0, 1000), {.text = "ppo, gspo: bound of the ratio for bad rollouts; 0: none."});
  s.field("importance_weight", &L::importance_weight, boolean(), {.text = "reinforce: weigh by the ratio."});
  s.field("probability_moved", &L::probability_moved, decimal(0, 1), {.text = "probability_mask: tokens that moved further are left out."});
  s.field("squared_log_ratio", &L::squared_log_ratio, decimal(0, 1000), {.text = "probability_mask: weight of the squared log ratio."});
  using G = rl::Aggregation;
  s.field("aggregation", &L::aggregation,
          word_for<G>({{"token_mean", G::token_mean},
                       {"sequence_mean_token_sum", G::sequence_mean_token_sum},
                       {"sequence_mean_token_mean", G::sequence_mean_token_mean},
                       {"sequence_mean_token_sum_scaled", G::sequence_mean_token_sum_scaled}}),
          {.text = "What the loss is a mean over; of the whole batch of all processes."});
  s.field("length_constant", &L::length_constant, decimal(0.001, 1e9), {.text = "sequence_mean_token_sum_scaled: the divisor.", .unit = "tokens"});
  s.field("kl_weight", &L::kl_weight, decimal(0, 1000), {.text = "Of the distance to the model as it was when the run began; 0: none."});
  using K = rl::KlEstimator;
  s.field("kl", &L::kl, word_for<K>({{"k1", K::k1}, {"k2", K::k2}, {"k3", K::k3}, {"k3_plus", K::k3_plus}}), {.text = "Its estimator; k3_plus has the value of k3 and the gradient of k2."});
  s.field("entropy_weight", &L::entropy_weight, decimal(0, 1000), {.text = "Of the entropy of decisions, as a bonus."});
  using C = rl::Correction;
  s.field("correction", &L::correction,
          word_for<C>({{"none", C::none},
                       {"token_tis", C::token_tis},
                       {"sequence_tis", C::sequence_tis},
                       {"sequence_mis", C::sequence_mis},
                       {"geometric_mask", C::geometric_mask},
                       {"icepop", C::icepop},
                       {"decoupled", C::decoupled}}),
          {.text = "For rollouts that were sampled with other probabilities than the trainer computes: of another precision, or of earlier weights."});
  s.field("correction_cap", &L::correction_cap, decimal(0, 1e6), {.text = "token_tis, sequence_tis, sequence_mis."});
  s.field("correction_low", &L::correction_low, decimal(0, 1e6), {.text = "geometric_mask, icepop."});
  s.field("correction_high", &L::correction_high, decimal(0, 1e6), {.text = "geometric_mask, icepop."});
}

void declare_selection(Properties<TrainDraft>& list) {
  auto s = section(list, "selection.", [](auto& draft) -> auto& { return draft.config.selection.options; });
  using S = rl::SelectionOptions;
  using A = rl::Admission;
  s.field("admission", &S::admission, word_for<A>({{"all", A::all}, {"mixed", A::mixed}, {"signal", A::signal}}),
          {.text = "Which groups are learned from. `mixed`: some right, some wrong; `signal`: also those that are all right or all wrong at different costs."});
  s.field("groups", &S::groups_per_step, whole_number<int>(1, 100'000), {.text = "Of one step; a dapo stage draws until it has so many, at most `max_generations` times."});
  s.field("all_right_quota", &S::all_right_quota, decimal(0, 1), {.text = "signal: most of a step that may be all right."});
  s.field("all_wrong_quota", &S::all_wrong_quota, decimal(0, 1), {.text = "signal: most of a step that may be all wrong."});
  s.field("cost_spread", &S::cost_spread, decimal(0, 1000), {.text = "signal: normalised costs of such a group must differ by more."});
  s.field("max_age", &S::max_age, whole_number<int>(0, 10'000), {.text = "Steps that a surplus group may wait.", .unit = "steps"});
  s.field("capacity", &S::capacity, whole_number<int>(0, 1'000'000), {.text = "Surplus groups that wait at most."});
  auto draws = section(list, "selection.", [](auto& draft) -> auto& { return draft.config.selection; });
  draws.field("max_generations", &SelectionConfig::max_generations, whole_number<int>(1, 1000), {.text = "Draws of one step; then it learns from what there is."});
}

void declare_optimizer(Properties<TrainDraft>& list) {
  auto s = section(list, "optimizer.", [](auto& draft) -> auto& { return draft.config.optimizer; });
  using O = OptimizerConfig;
  s.field("weight_decay", &O::weight_decay, decimal(0, 1000), {.text = "Decoupled (AdamW); not on norms and biases."});
  s.field("beta1", &O::beta1, decimal(0, 0.999999), {.text = "Of the first moment."});
  s.field("beta2", &O::beta2, decimal(0, 0.999999), {.text = "Of the second."});
  s.field("epsilon", &O::epsilon, decimal(0, 1), {.text = "Added to the root of the second."});
  s.field("max_grad_norm", &O::max_grad_norm, decimal(0, 1e9), {.text = "Longer gradients are shortened to it; 0: never."});
}

void declare_alarms(Properties<TrainDraft>& list) {
  auto outer = section(list, "alarms.", [](auto& draft) -> auto& { return draft.config.alarms; });
  auto s = section(list, "alarms.", [](auto& draft) -> auto& { return draft.config.alarms.options; });
  using A = rl::AlarmOptions;
  outer.field("enabled", &AlarmConfig::enabled, boolean(), {.text = "Watch for collapse and go back to the last good checkpoint; what is not a number is skipped in any case."});
  s.field("min_entropy", &A::min_entropy, or_none(decimal(0, 1000)), {.text = "Least mean entropy of a decision's tokens.", .unit = "nats"});
  s.field("max_top_model_share", &A::max_top_model_share, or_none(decimal(0, 1)), {.text = "Largest share of the calls that one model gets."});
  s.field("min_call_share", &A::min_call_share, or_none(decimal(0, 1)), {.text = "Least share of episodes with a call."});
  s.field("max_call_share", &A::max_call_share, or_none(decimal(0, 1)), {.text = "Largest share of episodes with a call."});
  s.field("max_length_growth", &A::max_length_growth, or_none(decimal(1, 1e6)), {.text = "Router tokens of an episode against their running mean."});
  s.field("max_reward_drop", &A::max_reward_drop, or_none(decimal(0, 1e6)), {.text = "Reward below the best running mean so far."});
  s.field("max_mismatch_kl", &A::max_mismatch_kl, or_none(decimal(0, 1e6)), {.text = "Between the trainer's and the rollouts' probabilities.", .unit = "nats"});
  s.field("calm_steps", &A::calm_steps, whole_number<int>(0, kMillion), {.text = "At the start of a stage nothing but numbers that are none counts.", .unit = "steps"});
  s.field("patience", &A::patience, whole_number<int>(1, kMillion), {.text = "Bad steps in a row until the run goes back.", .unit = "steps"});
  s.field("recovery", &A::recovery, whole_number<int>(1, kMillion), {.text = "Good steps in a row until a bad one is forgotten.", .unit = "steps"});
  outer.field("max_rollbacks", &AlarmConfig::max_rollbacks, whole_number<int>(0, 1000), {.text = "Then the run ends as failed, with its last good checkpoint."});
  outer.field("learning_rate_factor", &AlarmConfig::learning_rate_factor, decimal(0.001, 1), {.text = "Of all later steps, each time."});
}

}  // namespace

void declare_learning(Properties<TrainDraft>& list) {
  declare_reward(list);
  declare_advantage(list);
  declare_loss(list);
  declare_selection(list);
  declare_optimizer(list);
  declare_alarms(list);
}

}  // namespace xrouter::trainer
