// Whether stated confidences come true. Pure.
#pragma once

#include <span>

#include "xrouter/eval/summary.hpp"

namespace xrouter::eval::stats {

struct Stated {
  double confidence = 0;  ///< in [0, 1]
  double score = 0;
};

/// Ten bins of equal width; a confidence of 1 falls into the last. No bins for no samples.
CalibrationFigures calibration(std::span<const Stated> samples);

}  // namespace xrouter::eval::stats
