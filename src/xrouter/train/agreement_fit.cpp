#include "xrouter/train/agreement_fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace xrouter::train {
namespace {

// Weighted logistic regression by Newton's method; a touch of ridge keeps it finite.
template <std::size_t N>
class Logistic {
 public:
  using Row = std::array<double, N>;
  void add(const Row& inputs, bool target, double weight) { cases_.push_back({inputs, target ? 1.0 : 0.0, weight}); }

  std::array<float, N> fit() const {
    constexpr int kRounds = 25;
    Row c{};
    for (int round = 0; round < kRounds; ++round) {
      const Row change = newton_step(c);
      for (std::size_t i = 0; i < N; ++i) c[i] += change[i];
    }
    std::array<float, N> out;
    std::copy(c.begin(), c.end(), out.begin());
    return out;
  }

 private:
  struct Case {
    Row inputs;
    double target;
    double weight;
  };
  static constexpr double kRidge = 1e-3;

  Row newton_step(const Row& c) const {
    std::array<std::array<double, N + 1>, N> system{};  // Hessian | negative gradient
    for (const Case& one : cases_) {
      double sum = 0;
      for (std::size_t i = 0; i < N; ++i) sum += c[i] * one.inputs[i];
      const double p = policy::probability_of(sum);
      for (std::size_t i = 0; i < N; ++i) {
        for (std::size_t j = 0; j < N; ++j) system[i][j] += one.weight * p * (1 - p) * one.inputs[i] * one.inputs[j];
        system[i][N] += one.weight * (one.target - p) * one.inputs[i];
      }
    }
    for (std::size_t i = 0; i < N; ++i) {
      system[i][i] += kRidge;
      system[i][N] -= kRidge * c[i];
    }
    return solve(system);
  }

  // Gauss-Jordan; the matrix is positive definite, so no pivoting.
  static Row solve(std::array<std::array<double, N + 1>, N> system) {
    for (std::size_t i = 0; i < N; ++i) {
      for (std::size_t row = 0; row < N; ++row) {
        if (row == i) continue;
        const double factor = system[row][i] / system[i][i];
        for (std::size_t column = i; column <= N; ++column) system[row][column] -= factor * system[i][column];
      }
    }
    Row out;
    for (std::size_t i = 0; i < N; ++i) out[i] = system[i][N] / system[i][i];
    return out;
  }

  std::vector<Case> cases_;
};

}  // namespace

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
