#include "xrouter/rl/loss.hpp"

#include <algorithm>
#include <cmath>

#include "xrouter/base/assert.hpp"
#include "xrouter/rl/loss_terms.hpp"
#include "xrouter/rl/options_check.hpp"

namespace xrouter::rl {
namespace {

/// What one token of this sequence weighs in the loss of the batch.
double token_share(const LossOptions& options, std::size_t length, const BatchCounts& counts) {
  const auto sequences = static_cast<double>(counts.sequences);
  switch (options.aggregation) {
    case Aggregation::token_mean:
      return 1 / static_cast<double>(counts.tokens);
    case Aggregation::sequence_mean_token_sum:
      return 1 / sequences;
    case Aggregation::sequence_mean_token_mean:
      return 1 / (sequences * static_cast<double>(length));
    case Aggregation::sequence_mean_token_sum_scaled:
      return 1 / (sequences * options.length_constant);
  }
  return 0;
}

void check_sizes(const LossOptions& options, const SequenceTerms& terms) {
  const auto fits = [&](std::span<const double> values, bool may_be_empty) {
    return values.size() == terms.logprobs.size() || (may_be_empty && values.empty());
  };
  XROUTER_ASSERT(fits(terms.old_logprobs, false) && fits(terms.rollout_logprobs, true) && fits(terms.advantages, true),
                 "one for each choice");
  XROUTER_ASSERT(fits(terms.entropies, options.entropy_weight == 0), "an entropy for each choice");
  XROUTER_ASSERT(fits(terms.reference_logprobs, options.kl_weight == 0), "a reference for each choice");
}

/// Of one token, with its share of the batch.
class Sum {
 public:
  Sum(const LossOptions& options, const SequenceTerms& terms, double share) : options_(options), terms_(terms), share_(share) {
    made_.by_logprob.resize(terms.logprobs.size());
    if (options.entropy_weight != 0) made_.by_entropy.resize(terms.logprobs.size());
    made_.statistics.sequences = 1;
  }

  void add_policy(std::size_t t, const PolicyTerm& term, double weight) {
    LossStatistics& statistics = made_.statistics;
    statistics.tokens += 1;
    statistics.policy_loss += share_ * weight * term.value;
    made_.by_logprob[t] += share_ * weight * term.by_logprob;
    statistics.ratio += term.ratio;
    statistics.ratio_max = std::max(statistics.ratio_max, term.ratio);
    statistics.clipped_high += term.bound == Bound::high;
    statistics.clipped_low += term.bound == Bound::low;
    statistics.clipped_dual += term.bound == Bound::dual;
    statistics.dropped += weight == 0 || term.bound == Bound::masked;
    statistics.update_kl += surplus_of(terms_.logprobs[t] - terms_.old_logprobs[t]);
    if (!terms_.rollout_logprobs.empty()) statistics.mismatch_kl += surplus_of(terms_.old_logprobs[t] - terms_.rollout_logprobs[t]);
  }

  void add_reference(std::size_t t) {
    if (terms_.reference_logprobs.empty()) return;
    const double logprob = terms_.logprobs[t], reference = terms_.reference_logprobs[t];
    made_.statistics.reference_kl += kl_term(KlEstimator::k3, logprob, reference).value;
    if (options_.kl_weight == 0) return;
    const KlTerm kl = kl_term(options_.kl, logprob, reference);
    made_.statistics.kl_loss += share_ * options_.kl_weight * kl.value;
    made_.by_logprob[t] += share_ * options_.kl_weight * kl.by_logprob;
  }

  void add_entropy(std::size_t t) {
    if (terms_.entropies.empty()) return;
    made_.statistics.entropy += terms_.entropies[t];
    if (options_.entropy_weight == 0) return;
    entropy_loss_ -= share_ * options_.entropy_weight * terms_.entropies[t];
    made_.by_entropy[t] = -share_ * options_.entropy_weight;
  }

  SequenceLoss take() {
    LossStatistics& statistics = made_.statistics;
    made_.loss = statistics.policy_loss + statistics.kl_loss + entropy_loss_;
    statistics.loss = made_.loss;
    return std::move(made_);
  }

 private:
  const LossOptions& options_;
  const SequenceTerms& terms_;
  double share_;
  double entropy_loss_ = 0;
  SequenceLoss made_;
};

}  // namespace

Result<void> check(const LossOptions& options) {
  const bool own_correction = options.objective == Objective::probability_mask;
  return all_kept({
      {options.clip_low >= 0 && options.clip_low <= 1, "loss.clip_low: must be between 0 and 1"},
      {is_amount(options.clip_high), "loss.clip_high: must be at least 0"},
      {options.dual_clip == 0 || (std::isfinite(options.dual_clip) && options.dual_clip > 1),
       "loss.dual_clip: must be above 1, or 0 for none"},
      {options.probability_moved > 0 && options.probability_moved <= 1, "loss.probability_moved: must be above 0 and at most 1"},
      {is_amount(options.squared_log_ratio), "loss.squared_log_ratio: must be at least 0"},
      {std::isfinite(options.length_constant) && options.length_constant > 0, "loss.length_constant: must be above 0"},
      {is_amount(options.kl_weight), "loss.kl_weight: must be at least 0"},
      {is_amount(options.entropy_weight), "loss.entropy_weight: must be at least 0"},
      {std::isfinite(options.correction_cap) && options.correction_cap > 0, "loss.correction_cap: must be above 0"},
      {is_amount(options.correction_low) && options.correction_low <= 1, "loss.correction_low: must be between 0 and 1"},
      {std::isfinite(options.correction_high) && options.correction_high >= 1, "loss.correction_high: must be at least 1"},
      {!own_correction || options.correction == Correction::none, "loss.correction: probability_mask has a correction of its own"},
  });
}

SequenceLoss policy_loss(const LossOptions& options, const SequenceTerms& terms, const BatchCounts& counts) {
  const std::size_t length = terms.logprobs.size();
  if (length == 0) return {};
  check_sizes(options, terms);
  XROUTER_ASSERT(counts.tokens >= static_cast<std::int64_t>(length) && counts.sequences >= 1, "the batch holds this sequence");

  Sum sum(options, terms, token_share(options, length, counts));
  const std::vector<double> weights = correction_weights(options, terms);
  const std::vector<PolicyTerm> policy = policy_terms(options, terms);
  for (std::size_t t = 0; t < length; ++t) {
    sum.add_policy(t, policy[t], weights[t]);
    sum.add_reference(t);
    sum.add_entropy(t);
  }
  return sum.take();
}

SequenceLoss likelihood_loss(std::span<const double> logprobs, std::span<const double> weights, double total_weight) {
  XROUTER_ASSERT(weights.empty() || weights.size() == logprobs.size(), "one weight for each token");
  SequenceLoss made;
  made.by_logprob.resize(logprobs.size());
  if (logprobs.empty()) return made;
  XROUTER_ASSERT(total_weight > 0, "the batch holds this sequence");
  for (std::size_t t = 0; t < logprobs.size(); ++t) {
    const double share = (weights.empty() ? 1 : weights[t]) / total_weight;
    made.loss -= share * logprobs[t];
    made.by_logprob[t] = -share;
  }
  made.statistics.tokens = static_cast<double>(logprobs.size());
  made.statistics.sequences = 1;
  made.statistics.loss = made.statistics.policy_loss = made.loss;
  return made;
}

void LossStatistics::add(const LossStatistics& other) {
  const double largest = std::max(ratio_max, other.ratio_max);
  auto fields = to_array();
  const auto more = other.to_array();
  for (std::size_t i = 0; i < kFields; ++i) fields[i] += more[i];
  *this = from_array(fields);
  ratio_max = largest;
}

std::array<double, LossStatistics::kFields> LossStatistics::to_array() const {
  return {tokens,       sequences,   loss,         policy_loss, kl_loss,   entropy,      ratio,      ratio_max,
          clipped_high, clipped_low, clipped_dual, dropped,     update_kl, reference_kl, mismatch_kl};
}

LossStatistics LossStatistics::from_array(const std::array<double, kFields>& fields) {
  LossStatistics made;
  double* const places[] = {&made.tokens,       &made.sequences, &made.loss,      &made.policy_loss,  &made.kl_loss,
                            &made.entropy,      &made.ratio,     &made.ratio_max, &made.clipped_high, &made.clipped_low,
                            &made.clipped_dual, &made.dropped,   &made.update_kl, &made.reference_kl, &made.mismatch_kl};
  static_assert(std::size(places) == kFields);
  for (std::size_t i = 0; i < kFields; ++i) *places[i] = fields[i];
  return made;
}

}  // namespace xrouter::rl
