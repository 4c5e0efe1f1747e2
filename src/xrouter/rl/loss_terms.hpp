// The terms of a policy loss, token by token, before they are aggregated.
#pragma once

#include <vector>

#include "xrouter/rl/loss.hpp"

namespace xrouter::rl {

/// Log ratios beyond this are cut, so that no exponential overflows; what is cut has no gradient.
inline constexpr double kMaxLogRatio = 20;

enum class Bound { none, high, low, dual, masked };

struct PolicyTerm {
  double value = 0, by_logprob = 0;
  double ratio = 1;
  Bound bound = Bound::none;  ///< what changed this token's gradient
};

/// Of each token, by options.objective, without correction.
std::vector<PolicyTerm> policy_terms(const LossOptions& options, const SequenceTerms& terms);

/// Of each token; no gradient flows through these.
std::vector<double> correction_weights(const LossOptions& options, const SequenceTerms& terms);

/// exp(x) - x - 1 with x cut to the limits: the k3 estimate of a KL divergence, at least 0.
double surplus_of(double log_ratio);

}  // namespace xrouter::rl
