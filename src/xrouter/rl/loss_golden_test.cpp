// Every loss, its gradients and its aggregation against torch autograd in float64 (tests/golden/train/rl.py).
#include <map>

#include "xrouter/rl/golden_test.hpp"
#include "xrouter/rl/loss.hpp"

namespace xrouter::rl {
namespace {

const boost::json::object& golden() {
  static const boost::json::value value = read_golden(XROUTER_SOURCE_DIR "/tests/golden/train/rl.json");
  return value.as_object();
}

struct Sequence {
  std::vector<double> old, now, rollout, reference, entropies, advantages;
  double advantage = 0;

  explicit Sequence(const boost::json::object& from)
      : old(numbers(from.at("old"))),
        now(numbers(from.at("new"))),
        rollout(numbers(from.at("rollout"))),
        reference(numbers(from.at("reference"))),
        entropies(numbers(from.at("entropies"))),
        advantages(numbers(from.at("advantages"))),
        advantage(from.at("advantage").to_number<double>()) {}

  SequenceTerms terms(bool per_token) const {
    SequenceTerms made{
        .logprobs = now, .entropies = entropies, .old_logprobs = old, .rollout_logprobs = rollout, .reference_logprobs = reference};
    made.advantage = advantage;
    if (per_token) made.advantages = advantages;
    return made;
  }
};

template <class Enum>
Enum named(const std::map<std::string, Enum>& names, const std::string& name) {
  return names.at(name);
}

LossOptions options_of(const boost::json::object& from) {
  LossOptions made;
  made.objective = named<Objective>({{"ppo", Objective::ppo},
                                     {"gspo", Objective::gspo},
                                     {"cispo", Objective::cispo},
                                     {"reinforce", Objective::reinforce},
                                     {"probability_mask", Objective::probability_mask}},
                                    text_or(from, "objective", "ppo"));
  made.aggregation = named<Aggregation>({{"token_mean", Aggregation::token_mean},
                                         {"sequence_mean_token_sum", Aggregation::sequence_mean_token_sum},
                                         {"sequence_mean_token_mean", Aggregation::sequence_mean_token_mean},
                                         {"sequence_mean_token_sum_scaled", Aggregation::sequence_mean_token_sum_scaled}},
                                        text_or(from, "aggregation", "token_mean"));
  made.kl =
      named<KlEstimator>({{"k1", KlEstimator::k1}, {"k2", KlEstimator::k2}, {"k3", KlEstimator::k3}, {"k3_plus", KlEstimator::k3_plus}},
                         text_or(from, "kl", "k3_plus"));
  made.correction = named<Correction>({{"none", Correction::none},
                                       {"token_tis", Correction::token_tis},
                                       {"sequence_tis", Correction::sequence_tis},
                                       {"sequence_mis", Correction::sequence_mis},
                                       {"geometric_mask", Correction::geometric_mask},
                                       {"icepop", Correction::icepop},
                                       {"decoupled", Correction::decoupled}},
                                      text_or(from, "correction", "none"));
  made.clip_low = number_or(from, "clip_low", 0.2);
  made.clip_high = number_or(from, "clip_high", 0.28);
  made.dual_clip = number_or(from, "dual_clip", 10);
  made.importance_weight = from.contains("importance_weight") && from.at("importance_weight").as_bool();
  made.probability_moved = number_or(from, "probability_moved", 0.2);
  made.squared_log_ratio = number_or(from, "squared_log_ratio", 1e-3);
  made.length_constant = number_or(from, "length_constant", 1);
  made.kl_weight = number_or(from, "kl_weight", 0);
  made.entropy_weight = number_or(from, "entropy_weight", 0);
  made.correction_cap = number_or(from, "correction_cap", 2);
  made.correction_low = number_or(from, "correction_low", 0.5);
  made.correction_high = number_or(from, "correction_high", 2);
  return made;
}

void expect_gradients(const std::vector<double>& ours, const boost::json::value& theirs, const std::string& what) {
  const std::vector<double> expected = numbers(theirs);
  ASSERT_EQ(ours.size(), expected.size()) << what;
  for (std::size_t t = 0; t < ours.size(); ++t) expect_same(ours[t], expected[t], what + ", token " + std::to_string(t));
}

TEST(LossGolden, values_and_gradients_are_those_of_autograd) {
  const auto& cases = golden().at("losses").as_array();
  ASSERT_GT(cases.size(), 50U);
  for (const boost::json::value& each : cases) {
    const boost::json::object& one = each.as_object();
    const std::string name(one.at("name").as_string());
    const LossOptions options = options_of(one.at("options").as_object());
    ASSERT_TRUE(check(options)) << name;
    const BatchCounts counts{.tokens = one.at("tokens").to_number<std::int64_t>(),
                             .sequences = one.at("sequences").to_number<std::int64_t>()};
    const auto& inputs = golden().at("inputs").at(one.at("inputs").as_string()).as_array();
    LossStatistics whole;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Sequence sequence(inputs[i].as_object());
      const SequenceLoss loss = policy_loss(options, sequence.terms(one.at("per_token").as_bool()), counts);
      whole.add(loss.statistics);
      expect_gradients(loss.by_logprob, one.at("by_logprob").as_array()[i], name);
      if (options.entropy_weight != 0) expect_gradients(loss.by_entropy, one.at("by_entropy").as_array()[i], name + ", entropy");
    }
    expect_same(whole.loss, one.at("loss").to_number<double>(), name);
  }
}

TEST(LossGolden, likelihood_is_that_of_autograd) {
  const auto& one = golden().at("likelihood").as_object();
  const SequenceLoss loss =
      likelihood_loss(numbers(one.at("logprobs")), numbers(one.at("weights")), one.at("total_weight").to_number<double>());
  expect_same(loss.loss, one.at("loss").to_number<double>(), "likelihood");
  expect_gradients(loss.by_logprob, one.at("by_logprob"), "likelihood");
}

/// A loss without straight-through terms, in a region without kinks, is its own gradient's integral.
TEST(LossGolden, gradients_are_those_of_finite_differences) {
  std::vector<LossOptions> all(4);
  all[0].kl_weight = 0.2, all[0].kl = KlEstimator::k3, all[0].entropy_weight = 0.05;
  all[1].correction = Correction::token_tis, all[1].kl_weight = 0.1, all[1].kl = KlEstimator::k1;
  all[2].objective = Objective::probability_mask;
  all[3].objective = Objective::reinforce, all[3].kl_weight = 0.1, all[3].kl = KlEstimator::k2;
  for (const auto& [name, inputs] : golden().at("inputs").as_object()) {
    if (name == "limits") continue;  // its values are too large for differences
    for (const boost::json::value& input : inputs.as_array()) {
      const Sequence sequence(input.as_object());
      const BatchCounts counts{.tokens = 40, .sequences = 7};
      for (const LossOptions& options : all) {
        const SequenceLoss loss = policy_loss(options, sequence.terms(true), counts);
        for (std::size_t t = 0; t < sequence.now.size(); ++t) {
          constexpr double kStep = 1e-6;
          const auto moved = [&](double by) {
            Sequence other = sequence;
            other.now[t] += by;
            return policy_loss(options, other.terms(true), counts).loss;
          };
          const double expected = (moved(kStep) - moved(-kStep)) / (2 * kStep);
          EXPECT_NEAR(loss.by_logprob[t], expected, 1e-6 * std::max(1.0, std::abs(expected))) << name << " token " << t;
        }
      }
    }
  }
}

}  // namespace
}  // namespace xrouter::rl
