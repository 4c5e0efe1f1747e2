#include "xrouter/train/agreement_fit.hpp"

#include <algorithm>

#include "xrouter/train/logistic_fit.hpp"

namespace xrouter::train {

policy::AgreementModel fit_agreement(const OutcomeData& data, const HeldOutModels& held_out) {
  Logistic<3> agree;
  Logistic<3> right_if_agree;
  Logistic<3> right_if_not;
  Logistic<4> third_if_not;
  for (std::size_t i = 0; i < data.examples.size(); ++i) {
    const Example& example = data.examples[i];
    const policy::NgramModel& model = held_out.for_example(i);
    const std::size_t n = example.rows.size();
    if (example.split == corpus::Split::test || n < 3) continue;
    const policy::TextFeatures features = model.features(example.prompt);
    std::vector<double> odds;
    for (const OutcomeRow& row : example.rows) odds.push_back(model.predict(features, *data.models[row.model]).log_odds);
    const double pair_weight = 2.0 / static_cast<double>(n * (n - 1));
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = a + 1; b < n; ++b) {
        const OutcomeRow& left = example.rows[a];
        const OutcomeRow& right = example.rows[b];
        const double better = std::max(odds[a], odds[b]);
        const double worse = std::min(odds[a], odds[b]);
        const bool same = !left.final_answer.empty() && left.final_answer == right.final_answer;
        agree.add({1, better, worse}, same, pair_weight);
        if (same) {
          right_if_agree.add({1, better, worse}, left.correct, pair_weight);
          continue;
        }
        right_if_not.add({1, odds[a], odds[b]}, left.correct, pair_weight / 2);
        right_if_not.add({1, odds[b], odds[a]}, right.correct, pair_weight / 2);
        for (std::size_t third = 0; third < n; ++third)
          if (third != a && third != b)
            third_if_not.add({1, odds[third], better, worse}, example.rows[third].correct, pair_weight / static_cast<double>(n - 2));
      }
    }
  }
  return {.agree = agree.fit(), .right_if_agree = right_if_agree.fit(), .right_if_not = right_if_not.fit(), .third_if_not = third_if_not.fit()};
}

}  // namespace xrouter::train
