#include "xrouter/rl/loss.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "xrouter/base/rng.hpp"

namespace xrouter::rl {
namespace {

struct Rollouts {
  std::vector<std::vector<double>> old, now, rollout;
  std::vector<double> advantages;
  BatchCounts counts;

  Rollouts(std::uint64_t seed, std::vector<std::size_t> lengths) {
    Rng rng(seed);
    for (const std::size_t length : lengths) {
      old.emplace_back(), now.emplace_back(), rollout.emplace_back();
      for (std::size_t t = 0; t < length; ++t) {
        old.back().push_back(-3 * rng.uniform());
        now.back().push_back(old.back().back() + rng.uniform() - 0.5);
        rollout.back().push_back(old.back().back() + rng.uniform() / 10);
      }
      advantages.push_back(2 * rng.uniform() - 1);
      counts.tokens += static_cast<std::int64_t>(length);
      counts.sequences += length > 0;
    }
  }

  SequenceTerms terms(std::size_t i) const {
    SequenceTerms made{.logprobs = now[i], .old_logprobs = old[i], .rollout_logprobs = rollout[i]};
    made.advantage = advantages[i];
    return made;
  }
};

constexpr Aggregation kAggregations[] = {Aggregation::token_mean, Aggregation::sequence_mean_token_sum,
                                         Aggregation::sequence_mean_token_mean, Aggregation::sequence_mean_token_sum_scaled};

TEST(Loss, parts_of_a_batch_add_up_to_the_batch) {
  const Rollouts batch(1, {3, 17, 1, 0, 8, 8, 2});
  for (const Aggregation aggregation : kAggregations) {
    const LossOptions options{.aggregation = aggregation, .length_constant = 20};
    LossStatistics whole, first, second;
    for (std::size_t i = 0; i < batch.now.size(); ++i) {
      const LossStatistics one = policy_loss(options, batch.terms(i), batch.counts).statistics;
      whole.add(one);
      (i % 2 == 0 ? first : second).add(one);
    }
    first.add(LossStatistics::from_array(second.to_array()));
    EXPECT_NEAR(whole.loss, first.loss, 1e-15);
    EXPECT_EQ(whole.tokens, 39);
    EXPECT_EQ(whole.sequences, 6);
    EXPECT_EQ(first.ratio_max, whole.ratio_max);
  }
}

TEST(Loss, the_token_mean_weighs_every_token_of_the_batch_alike) {
  const Rollouts batch(2, {2, 30});
  const LossOptions options{.objective = Objective::reinforce};
  for (std::size_t i = 0; i < 2; ++i) {
    for (const double by : policy_loss(options, batch.terms(i), batch.counts).by_logprob) EXPECT_DOUBLE_EQ(by, -batch.advantages[i] / 32);
  }
}

TEST(Loss, a_sequence_without_choices_adds_nothing) {
  const SequenceLoss loss = policy_loss({}, {}, {.tokens = 5, .sequences = 2});
  EXPECT_EQ(loss.loss, 0);
  EXPECT_EQ(loss.statistics.sequences, 0);
}

TEST(Loss, the_first_update_has_ratio_1_and_the_gradient_of_reinforce) {
  Rollouts batch(3, {6});
  batch.now = batch.old;
  const SequenceLoss plain = policy_loss({.objective = Objective::reinforce}, batch.terms(0), batch.counts);
  for (const Objective objective : {Objective::ppo, Objective::gspo, Objective::cispo}) {
    const SequenceLoss loss = policy_loss({.objective = objective}, batch.terms(0), batch.counts);
    for (std::size_t t = 0; t < 6; ++t) EXPECT_DOUBLE_EQ(loss.by_logprob[t], plain.by_logprob[t]);
    EXPECT_DOUBLE_EQ(loss.statistics.mean(loss.statistics.ratio), 1);
    EXPECT_EQ(loss.statistics.clipped_high + loss.statistics.clipped_low + loss.statistics.clipped_dual, 0);
  }
}

struct OneToken {
  double old = -2, now = -2, advantage = 1;
  SequenceLoss loss(const LossOptions& options) const {
    SequenceTerms terms{.logprobs = {&now, 1}, .old_logprobs = {&old, 1}};
    terms.advantage = advantage;
    return policy_loss(options, terms, {.tokens = 1, .sequences = 1});
  }
};

TEST(Loss, clip_higher_lets_rare_tokens_rise_further_than_it_lets_them_fall) {
  const LossOptions options{.clip_low = 0.2, .clip_high = 0.28};
  const auto gradient = [&](double ratio, double advantage) {
    return OneToken{.now = -2 + std::log(ratio), .advantage = advantage}.loss(options).by_logprob[0];
  };
  EXPECT_NE(gradient(1.25, 1), 0);
  EXPECT_EQ(gradient(1.29, 1), 0);
  EXPECT_NE(gradient(0.85, -1), 0);
  EXPECT_EQ(gradient(0.79, -1), 0);
  EXPECT_NE(gradient(0.5, 1), 0) << "a token that fell may rise again";
  EXPECT_NE(gradient(3, -1), 0) << "a token that rose may fall again";
  EXPECT_EQ(gradient(10.5, -1), 0) << "the dual clip";
}

TEST(Loss, clip_counts_say_which_bound_held) {
  const auto statistics = [](double ratio, double advantage) {
    return OneToken{.now = -2 + std::log(ratio), .advantage = advantage}.loss({.dual_clip = 3}).statistics;
  };
  EXPECT_EQ(statistics(1.5, 1).clipped_high, 1);
  EXPECT_EQ(statistics(0.5, -1).clipped_low, 1);
  EXPECT_EQ(statistics(4, -1).clipped_dual, 1);
  EXPECT_EQ(statistics(0.5, 1).clipped_low, 0);
}

TEST(Loss, cispo_drops_no_token) {
  for (const double ratio : {0.01, 0.5, 1.0, 2.0, 50.0}) {
    for (const double advantage : {-1.0, 1.0}) {
      EXPECT_NE((OneToken{.now = -2 + std::log(ratio), .advantage = advantage}.loss({.objective = Objective::cispo}).by_logprob[0]), 0);
    }
  }
}

TEST(Loss, extreme_log_probs_stay_finite) {
  for (const double now : {-1e300, -700.0, 0.0}) {
    for (const double old : {-1e300, -700.0, 0.0}) {
      for (const Objective objective : {Objective::ppo, Objective::gspo, Objective::cispo, Objective::probability_mask}) {
        SequenceLoss loss = OneToken{.old = old, .now = now, .advantage = -1}.loss({.objective = objective, .dual_clip = 0});
        EXPECT_TRUE(std::isfinite(loss.by_logprob[0]));
        EXPECT_TRUE(std::isfinite(loss.statistics.mismatch_kl) && std::isfinite(loss.statistics.update_kl));
      }
    }
  }
}

TEST(Loss, a_product_of_ratios_favours_short_sequences_and_the_geometric_mean_does_not) {
  const LossOptions product{.correction = Correction::sequence_mis, .correction_cap = 2.6}, mean{.correction = Correction::geometric_mask};
  for (const std::size_t length : {10U, 100U}) {
    const std::vector<double> rollout(length, -1), old(length, -1 + std::log(1.1) - 1e-9);
    SequenceTerms terms{.logprobs = old, .old_logprobs = old, .rollout_logprobs = rollout};
    terms.advantage = 1;
    const BatchCounts counts{.tokens = 100, .sequences = 1};
    EXPECT_EQ(policy_loss(product, terms, counts).statistics.dropped, length == 10 ? 0 : 100);
    EXPECT_EQ(policy_loss(mean, terms, counts).statistics.dropped, 0);
  }
}

TEST(Loss, mismatch_is_0_when_rollouts_and_trainer_agree) {
  Rollouts batch(9, {12});
  batch.rollout = batch.old;
  EXPECT_EQ(policy_loss({}, batch.terms(0), batch.counts).statistics.mismatch_kl, 0);
  const SequenceLoss plain = policy_loss({}, batch.terms(0), batch.counts);
  for (const Correction correction : {Correction::token_tis, Correction::sequence_tis, Correction::sequence_mis, Correction::geometric_mask,
                                      Correction::icepop, Correction::decoupled}) {
    EXPECT_EQ(policy_loss({.correction = correction}, batch.terms(0), batch.counts).by_logprob, plain.by_logprob);
  }
}

TEST(Kl, only_k2_pulls_towards_the_reference_on_average) {
  // Three tokens; the expected gradient of the estimator by the logits against the exact gradient of KL(p || q).
  const std::vector<double> p = {0.6, 0.3, 0.1}, q = {0.2, 0.5, 0.3};
  const auto expected_gradient = [&](KlEstimator estimator, std::size_t logit) {
    double sum = 0;
    for (std::size_t token = 0; token < 3; ++token) {
      const double by_logit = (token == logit ? 1 : 0) - p[logit];
      sum += p[token] * kl_term(estimator, std::log(p[token]), std::log(q[token])).by_logprob * by_logit;
    }
    return sum;
  };
  double kl = 0;
  for (std::size_t token = 0; token < 3; ++token) kl += p[token] * std::log(p[token] / q[token]);
  for (std::size_t logit = 0; logit < 3; ++logit) {
    const double exact = p[logit] * (std::log(p[logit] / q[logit]) - kl);
    EXPECT_NEAR(expected_gradient(KlEstimator::k2, logit), exact, 1e-15);
    EXPECT_NEAR(expected_gradient(KlEstimator::k3_plus, logit), exact, 1e-15);
    EXPECT_NEAR(expected_gradient(KlEstimator::k1, logit), 0, 1e-15);
    EXPECT_GT(std::abs(expected_gradient(KlEstimator::k3, logit) - exact), 1e-3);
  }
}

TEST(Kl, in_the_reward_charges_each_token) {
  const std::vector<double> now = {-1, -2}, reference = {-1.5, -2};
  EXPECT_EQ(kl_rewards(KlEstimator::k1, 0.1, now, reference), (std::vector<double>{-0.05, 0}));
}

TEST(LossOptions, that_make_no_sense_are_refused) {
  EXPECT_TRUE(check(LossOptions{}));
  EXPECT_FALSE(check(LossOptions{.clip_low = 1.5}));
  EXPECT_FALSE(check(LossOptions{.dual_clip = 0.5}));
  EXPECT_FALSE(check(LossOptions{.length_constant = 0}));
  EXPECT_FALSE(check(LossOptions{.correction_low = 1.2}));
  EXPECT_FALSE(check(LossOptions{.objective = Objective::probability_mask, .correction = Correction::token_tis}));
}

}  // namespace
}  // namespace xrouter::rl
