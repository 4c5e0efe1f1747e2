#include "xrouter/eval/stats/calibration.hpp"

#include <algorithm>
#include <cmath>

namespace xrouter::eval::stats {

CalibrationFigures calibration(std::span<const Stated> samples) {
  CalibrationFigures out{.samples = samples.size()};
  if (samples.empty()) return out;
  constexpr std::size_t kBins = 10;
  for (std::size_t b = 0; b < kBins; ++b)
    out.bins.push_back({.low = static_cast<double>(b) / kBins, .high = static_cast<double>(b + 1) / kBins});
  const double n = static_cast<double>(samples.size());
  for (const Stated& sample : samples) {
    const auto bin = std::min(static_cast<std::size_t>(std::max(sample.confidence, 0.0) * kBins), kBins - 1);
    out.bins[bin].samples += 1;
    out.bins[bin].confidence += sample.confidence;
    out.bins[bin].accuracy += sample.score;
    out.brier += (sample.confidence - sample.score) * (sample.confidence - sample.score) / n;
  }
  for (CalibrationBin& bin : out.bins) {
    if (bin.samples == 0) continue;
    const double count = static_cast<double>(bin.samples);
    bin.confidence /= count;
    bin.accuracy /= count;
    out.expected_error += std::abs(bin.confidence - bin.accuracy) * count / n;
  }
  return out;
}

}  // namespace xrouter::eval::stats
