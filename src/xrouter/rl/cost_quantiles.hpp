// Recent costs, as a yardstick that needs no reference model (Router-R1, arXiv 2506.09033).
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "xrouter/base/result.hpp"
#include "xrouter/base/usd.hpp"

namespace xrouter::rl {

/// The 5th and 95th percentile of sqrt(cost) over the last 1,000 episodes. They stand still between two calls of
/// advance(), so that all episodes of a step are measured alike. Not thread-safe.
class CostQuantiles {
 public:
  static constexpr std::size_t kWindow = 1000;

  /// Once a step, with the costs of all its episodes (in the same order on every process), before they are rewarded.
  void advance(std::span<const Usd> costs);

  bool ready() const { return !window_.empty(); }
  /// In [0, 1]; 0 when all recent costs are alike. Precondition: ready().
  double normalise(Usd cost) const;

  /// For checkpoints; what from_json gives goes on bit for bit. Errors: config.
  std::string to_json() const;
  static Result<CostQuantiles> from_json(std::string_view text);

 private:
  void freeze();
  std::deque<std::int64_t> window_;  // pico-dollars
  double low_ = 0, high_ = 0;        // of the square roots
};

}  // namespace xrouter::rl
