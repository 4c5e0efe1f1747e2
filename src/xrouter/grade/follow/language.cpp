#include "xrouter/grade/follow/language.hpp"

#include <algorithm>
#include <numeric>

#include "xrouter/grade/follow/language_features.hpp"
#include "xrouter/grade/follow/models.hpp"
#include "xrouter/grade/follow/python_random.hpp"

namespace xrouter::grade::follow {
namespace {

constexpr int kTrials = 7;
constexpr int kMaxSteps = 1000;  // of a trial
constexpr double kSmoothing = 0.5;
constexpr double kSmoothingSpread = 0.05;
constexpr double kBaseFrequency = 10'000;
constexpr double kConverged = 0.99999;
constexpr double kLeastShare = 0.1;

using Shares = std::vector<double>;

// The order of the operations is langdetect's, so that the same sums are rounded the same way.
void weigh(Shares& shares, std::span<const LanguageModel::Entry> entries, double weight, Shares& factors) {
  std::ranges::fill(factors, weight + 0.0);
  for (const auto& entry : entries) factors[entry.language] = weight + entry.probability;
  for (std::size_t i = 0; i < shares.size(); ++i) shares[i] *= factors[i];
}

double normalize(Shares& shares) {
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (double& share : shares) share /= sum;
  return *std::ranges::max_element(shares);
}

Shares trial(const LanguageModel& model, const std::vector<std::uint32_t>& runs, PythonRandom& chance) {
  Shares shares(model.languages().size(), 1.0 / static_cast<double>(model.languages().size()));
  Shares factors(shares.size());
  const double weight = (kSmoothing + chance.gauss(0, 1) * kSmoothingSpread) / kBaseFrequency;
  for (int step = 0;; ++step) {
    const std::uint32_t drawn = runs[chance.below(static_cast<std::uint32_t>(runs.size()))];
    weigh(shares, model.entries(drawn), weight, factors);
    if (step % 5 != 0) continue;
    if (normalize(shares) > kConverged || step >= kMaxSteps) return shares;
  }
}

}  // namespace

std::optional<DetectedLanguage> detect_language(TextView text) {
  const LanguageModel& model = language_model();
  const std::vector<std::uint32_t> runs = known_runs(cleaned_for_detection(text), model);
  if (runs.empty()) return std::nullopt;
  PythonRandom chance(0);
  Shares mean(model.languages().size(), 0.0);
  for (int i = 0; i < kTrials; ++i) {
    const Shares shares = trial(model, runs, chance);
    for (std::size_t j = 0; j < mean.size(); ++j) mean[j] += shares[j] / kTrials;
  }
  const auto best = std::ranges::max_element(mean);
  if (*best <= kLeastShare) return DetectedLanguage{"unknown", *best};
  return DetectedLanguage{model.languages()[static_cast<std::size_t>(best - mean.begin())], *best};
}

}  // namespace xrouter::grade::follow
