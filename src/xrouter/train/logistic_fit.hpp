// Small logistic regressions: a handful of inputs, many cases.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "xrouter/policy/ngram_model.hpp"

namespace xrouter::train {

/// Weighted logistic regression by Newton's method; a touch of ridge keeps it finite.
template <std::size_t N>
class Logistic {
 public:
  using Row = std::array<double, N>;
  void add(const Row& inputs, bool target, double weight) { cases_.push_back({inputs, target ? 1.0 : 0.0, weight}); }

  /// The coefficients, in the order of the inputs.
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

}  // namespace xrouter::train
