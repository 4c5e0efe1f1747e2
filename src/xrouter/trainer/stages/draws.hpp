// Which samples a step draws, at which cost weight. A matter of the seed and of counters alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "xrouter/trainer/config/train_config.hpp"
#include "xrouter/trainer/episodes.hpp"
#include "xrouter/trainer/state.hpp"

namespace xrouter::trainer {

/// The order of `size` things over epochs: shuffled anew in each, or as they are.
class Deck {
 public:
  Deck(std::uint64_t seed, std::string purpose, std::size_t size, bool shuffled);
  /// The `number`-th that is drawn, from 0. Precondition: size > 0.
  std::size_t at(std::int64_t number);

 private:
  void shuffle(std::int64_t epoch);
  std::uint64_t seed_;
  std::string purpose_;
  std::vector<std::size_t> order_;
  bool shuffled_;
  std::int64_t epoch_ = -1;
};

/// By CostWeightConfig, for the `number`-th group of a stage. Those of one sample are spread: different values of the
/// list; different stretches of the range, beside the share of zeros.
double draw_cost_weight(const TrainConfig& config, const std::string& stage, std::int64_t number);

/// Steps of a stage over `size` things, each taken `times` in an epoch.
std::int64_t steps_of(const StageConfig& stage, std::size_t size, int times = 1);

/// The next `count` groups of the stage under way; counts them as drawn.
std::vector<rollout::WorkItem> draw_items(const TrainConfig& config, const StageConfig& stage, Deck& deck, const Episodes& episodes, int count,
                                          int rollouts, TrainerState& state);

}  // namespace xrouter::trainer
