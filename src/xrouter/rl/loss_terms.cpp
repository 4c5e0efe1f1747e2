#include "xrouter/rl/loss_terms.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "xrouter/base/assert.hpp"

namespace xrouter::rl {
namespace {

/// exp of a log ratio that was cut; `slope` is its derivative by the log-prob.
struct Ratio {
  double value = 1, slope = 1;
};

double cut(double log_ratio) { return std::clamp(log_ratio, -kMaxLogRatio, kMaxLogRatio); }

Ratio ratio_of(double log_ratio) {
  const double value = std::exp(cut(log_ratio));
  return {.value = value, .slope = std::abs(log_ratio) <= kMaxLogRatio ? value : 0};
}

double advantage_at(const SequenceTerms& terms, std::size_t t) { return terms.advantages.empty() ? terms.advantage : terms.advantages[t]; }

std::span<const double> rollout_of(const SequenceTerms& terms) {
  return terms.rollout_logprobs.empty() ? terms.old_logprobs : terms.rollout_logprobs;
}

/// Mean of the log ratios of the sequence.
double mean_log_ratio(const SequenceTerms& terms) {
  double sum = 0;
  for (std::size_t t = 0; t < terms.logprobs.size(); ++t) sum += terms.logprobs[t] - terms.old_logprobs[t];
  return sum / static_cast<double>(terms.logprobs.size());
}

PolicyTerm clipped_term(const LossOptions& options, Ratio ratio, double advantage) {
  const double low = 1 - options.clip_low, high = 1 + options.clip_high;
  PolicyTerm term{.value = -ratio.value * advantage, .by_logprob = -ratio.slope * advantage, .ratio = ratio.value};
  const auto hold_at = [&](double bound_ratio, Bound bound) {
    term.value = -bound_ratio * advantage;
    term.by_logprob = 0;
    term.bound = bound;
  };
  if (advantage > 0 && ratio.value > high) hold_at(high, Bound::high);
  if (advantage < 0 && ratio.value < low) hold_at(low, Bound::low);
  if (advantage < 0 && options.dual_clip > 0 && ratio.value > options.dual_clip) hold_at(options.dual_clip, Bound::dual);
  return term;
}

PolicyTerm cispo_term(const LossOptions& options, Ratio ratio, double advantage, double logprob) {
  const double weight = std::clamp(ratio.value, 1 - options.clip_low, 1 + options.clip_high);
  PolicyTerm term{.value = -weight * advantage * logprob, .by_logprob = -weight * advantage, .ratio = ratio.value};
  if (weight < ratio.value) term.bound = Bound::high;
  if (weight > ratio.value) term.bound = Bound::low;
  return term;
}

PolicyTerm reinforce_term(const LossOptions& options, Ratio ratio, double advantage, double logprob) {
  const double weight = options.importance_weight ? ratio.value : 1;
  return {.value = -weight * advantage * logprob, .by_logprob = -weight * advantage, .ratio = ratio.value};
}

PolicyTerm probability_term(const LossOptions& options, double logprob, double rollout, double advantage) {
  const double log_ratio = cut(logprob - rollout);
  const Ratio ratio = ratio_of(logprob - rollout);
  const double moved = std::exp(logprob) - std::exp(rollout);
  const bool too_far = advantage > 0 ? moved > options.probability_moved : moved < -options.probability_moved;
  const double inside = ratio.slope > 0 ? 1 : 0;
  PolicyTerm term{.ratio = ratio.value, .bound = too_far ? Bound::masked : Bound::none};
  term.value = (too_far ? 0 : -ratio.value * advantage) + options.squared_log_ratio * log_ratio * log_ratio;
  term.by_logprob = (too_far ? 0 : -ratio.slope * advantage) + inside * 2 * options.squared_log_ratio * log_ratio;
  return term;
}

}  // namespace

std::vector<PolicyTerm> policy_terms(const LossOptions& options, const SequenceTerms& terms) {
  // One ratio for all tokens; the gradient goes through each token's own probability.
  constexpr double kMaxSequenceLogRatio = 10;
  const double sequence_log_ratio = options.objective == Objective::gspo ? mean_log_ratio(terms) : 0;
  Ratio sequence{.value = std::exp(std::min(sequence_log_ratio, kMaxSequenceLogRatio))};
  sequence.slope = sequence_log_ratio <= kMaxSequenceLogRatio ? sequence.value : 0;

  std::vector<PolicyTerm> made(terms.logprobs.size());
  for (std::size_t t = 0; t < made.size(); ++t) {
    const double logprob = terms.logprobs[t], advantage = advantage_at(terms, t);
    const Ratio ratio = ratio_of(logprob - terms.old_logprobs[t]);
    switch (options.objective) {
      case Objective::ppo:
        made[t] = clipped_term(options, ratio, advantage);
        break;
      case Objective::gspo:
        made[t] = clipped_term(options, sequence, advantage);
        break;
      case Objective::cispo:
        made[t] = cispo_term(options, ratio, advantage, logprob);
        break;
      case Objective::reinforce:
        made[t] = reinforce_term(options, ratio, advantage, logprob);
        break;
      case Objective::probability_mask:
        made[t] = probability_term(options, logprob, rollout_of(terms)[t], advantage);
        break;
    }
  }
  return made;
}

std::vector<double> correction_weights(const LossOptions& options, const SequenceTerms& terms) {
  const std::span<const double> rollout = rollout_of(terms);
  const std::size_t length = terms.logprobs.size();
  std::vector<double> log_ratios(length);
  for (std::size_t t = 0; t < length; ++t) log_ratios[t] = terms.old_logprobs[t] - rollout[t];
  const double log_product = std::accumulate(log_ratios.begin(), log_ratios.end(), 0.0);
  const double product = std::exp(cut(log_product));
  const double geometric = std::exp(cut(log_product / static_cast<double>(length)));
  const auto inside = [&](double ratio) { return ratio >= options.correction_low && ratio <= options.correction_high; };

  std::vector<double> weights(length, 1);
  for (std::size_t t = 0; t < length; ++t) {
    const double ratio = std::exp(cut(log_ratios[t]));
    switch (options.correction) {
      case Correction::none:
        break;
      case Correction::token_tis:
        weights[t] = std::min(ratio, options.correction_cap);
        break;
      case Correction::sequence_tis:
        weights[t] = std::min(product, options.correction_cap);
        break;
      case Correction::sequence_mis:
        weights[t] = product > options.correction_cap ? 0 : 1;
        break;
      case Correction::geometric_mask:
        weights[t] = inside(geometric) ? 1 : 0;
        break;
      case Correction::icepop:
        weights[t] = inside(ratio) ? 1 : 0;
        break;
      case Correction::decoupled:
        weights[t] = ratio;
        break;
    }
  }
  return weights;
}

double surplus_of(double log_ratio) {
  const double x = cut(log_ratio);
  return std::expm1(x) - x;
}

KlTerm kl_term(KlEstimator estimator, double logprob, double reference_logprob) {
  constexpr double kMaxValue = 10;
  const double d = logprob - reference_logprob;
  switch (estimator) {
    case KlEstimator::k1:
      return {.value = d, .by_logprob = 1};
    case KlEstimator::k2:
      return {.value = d * d / 2, .by_logprob = d};
    case KlEstimator::k3: {
      const double value = surplus_of(-d);
      return value <= kMaxValue ? KlTerm{.value = value, .by_logprob = -std::expm1(-d)} : KlTerm{.value = kMaxValue, .by_logprob = 0};
    }
    case KlEstimator::k3_plus:
      return {.value = std::min(surplus_of(-d), kMaxValue), .by_logprob = d};
  }
  return {};
}

std::vector<double> kl_rewards(KlEstimator estimator, double weight, std::span<const double> logprobs,
                               std::span<const double> reference_logprobs) {
  XROUTER_ASSERT(logprobs.size() == reference_logprobs.size(), "a reference for each choice");
  std::vector<double> made(logprobs.size());
  for (std::size_t t = 0; t < made.size(); ++t) made[t] = -weight * kl_term(estimator, logprobs[t], reference_logprobs[t]).value;
  return made;
}

}  // namespace xrouter::rl
