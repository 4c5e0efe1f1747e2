// Policy-gradient losses as functions of log-probs: value and gradient in double, no tensor anywhere.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "xrouter/base/result.hpp"

namespace xrouter::rl {

enum class Objective {
  ppo,               ///< -min(r A, clip(r) A), dual clip below
  gspo,              ///< the same with one ratio for the whole sequence, exp(mean log r)
  cispo,             ///< -sg[clip(r)] A log pi: no token is dropped
  reinforce,         ///< -A log pi, with `importance_weight` times sg[r]
  probability_mask,  ///< -r A against the rollout, tokens whose probability moved too far towards A masked (prime-rl)
};

/// Of the whole batch over all processes and mini-batches; the caller counts.
enum class Aggregation {
  token_mean,                      ///< / tokens
  sequence_mean_token_sum,         ///< / sequences
  sequence_mean_token_mean,        ///< / sequences / tokens of the sequence
  sequence_mean_token_sum_scaled,  ///< / sequences / length_constant
};

/// Estimators of KL(policy || reference), d = log pi - log pi_ref.
enum class KlEstimator {
  k1,       ///< d; its gradient has expectation 0
  k2,       ///< d^2 / 2; right gradient
  k3,       ///< exp(-d) + d - 1
  k3_plus,  ///< value of k3, gradient of k2
};

/// What is done about rollouts that were sampled with other log-probs than the trainer's own, rho = old / rollout.
enum class Correction {
  none,
  token_tis,       ///< weight min(rho, cap)
  sequence_tis,    ///< weight min(product of rho, cap)
  sequence_mis,    ///< the sequence is dropped when the product of rho is above cap
  geometric_mask,  ///< the sequence is dropped when (product of rho)^(1/T) leaves [low, high]
  icepop,          ///< tokens whose rho leaves [low, high] are dropped
  decoupled,       ///< weight rho: old is the proximal policy, the rollout the behaviour (AReaL)
};

struct LossOptions {
  Objective objective = Objective::ppo;
  double clip_low = 0.2, clip_high = 0.28;
  double dual_clip = 10;            ///< ppo, gspo: bound of r when A < 0; 0: none
  bool importance_weight = false;   ///< of reinforce
  double probability_moved = 0.2;   ///< of probability_mask
  double squared_log_ratio = 1e-3;  ///< of probability_mask: weight of (log r)^2

  Aggregation aggregation = Aggregation::token_mean;
  double length_constant = 1;

  double kl_weight = 0;
  KlEstimator kl = KlEstimator::k3_plus;
  double entropy_weight = 0;

  Correction correction = Correction::none;
  double correction_cap = 2;
  double correction_low = 0.5, correction_high = 2;
};

/// Errors: config, naming the option.
Result<void> check(const LossOptions& options);

/// One rollout; each span has one value for each choice, or none where it says so.
struct SequenceTerms {
  std::span<const double> logprobs;
  std::span<const double> entropies = {};           ///< empty: entropy_weight must be 0
  std::span<const double> old_logprobs;             ///< of the trainer when the step began
  std::span<const double> rollout_logprobs = {};    ///< of the engine that sampled; empty: the old ones
  std::span<const double> reference_logprobs = {};  ///< empty: kl_weight must be 0
  double advantage = 0;
  std::span<const double> advantages = {};  ///< of each choice; empty: `advantage` for all
};

/// What the aggregation divides by, of the whole optimizer batch. Tokens and sequences that a correction drops count.
struct BatchCounts {
  std::int64_t tokens = 0;     ///< choices
  std::int64_t sequences = 0;  ///< with at least one choice
};

/// Sums over tokens, so that parts of a batch add up.
struct LossStatistics {
  double tokens = 0, sequences = 0;
  double loss = 0;         ///< as aggregated, all terms
  double policy_loss = 0;  ///< of it
  double kl_loss = 0;      ///< of it
  double entropy = 0;
  double ratio = 0, ratio_max = 0;
  double clipped_high = 0, clipped_low = 0, clipped_dual = 0;  ///< tokens whose gradient (cispo: weight) the bound changed
  double dropped = 0;       ///< tokens without a policy gradient because of the correction or the probability mask
  double update_kl = 0;     ///< k3 of old against new
  double reference_kl = 0;  ///< k3
  double mismatch_kl = 0;   ///< rho - log rho - 1

  void add(const LossStatistics& other);
  /// Of sums over tokens; 0 without tokens.
  double mean(double sum) const { return tokens > 0 ? sum / tokens : 0; }

  static constexpr std::size_t kFields = 15;
  std::array<double, kFields> to_array() const;
  static LossStatistics from_array(const std::array<double, kFields>& fields);
};

struct SequenceLoss {
  double loss = 0;
  std::vector<double> by_logprob;
  std::vector<double> by_entropy;  ///< empty when entropy_weight is 0
  LossStatistics statistics;
};

/// The share of this sequence in the loss of the batch. A sequence without choices adds nothing.
SequenceLoss policy_loss(const LossOptions& options, const SequenceTerms& terms, const BatchCounts& counts);

/// Language modelling and warm start: -sum(weight log pi) / total_weight. `weights` empty: all 1.
SequenceLoss likelihood_loss(std::span<const double> logprobs, std::span<const double> weights, double total_weight);

/// KL of one token by an estimator, with its derivative by log pi.
struct KlTerm {
  double value = 0, by_logprob = 0;
};
KlTerm kl_term(KlEstimator estimator, double logprob, double reference_logprob);

/// KL in the reward instead of the loss: -weight KL of each token, for Member::token_rewards. No gradient flows, so k1
/// is the unbiased choice here.
std::vector<double> kl_rewards(KlEstimator estimator, double weight, std::span<const double> logprobs,
                               std::span<const double> reference_logprobs);

}  // namespace xrouter::rl
