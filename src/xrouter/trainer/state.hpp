// Where a run stands, beside the weights. With it and the learner's files a run goes on bit for bit: all chance is drawn
// anew from the seed and these numbers, so no generator needs to be kept.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/rl/advantage.hpp"
#include "xrouter/rl/alarms.hpp"
#include "xrouter/rl/cost_quantiles.hpp"
#include "xrouter/rl/selection.hpp"
#include "xrouter/rollout/rollout.hpp"
#include "xrouter/trainer/config/train_config.hpp"

namespace xrouter::trainer {

/// A group that waits for a step, with what the rules of selection see of it.
struct WaitingGroup {
  rl::GroupFacts facts;
  rollout::Group group;
};

struct TrainerState {
  std::size_t stage = 0;         ///< index into TrainConfig::stages
  std::int64_t stage_step = 0;   ///< steps done in this stage
  std::int64_t drawn = 0;        ///< groups or texts that this stage has drawn
  std::int64_t step = 0;         ///< steps done in all stages

  double learning_rate_scale = 1;  ///< smaller after each roll-back
  int rollbacks = 0;             ///< also part of all chance: a step that is repeated draws something else
  std::int64_t skipped = 0;      ///< updates that were not applied because the gradient was not finite
  int skipped_in_a_row = 0;
  int unscored_in_a_row = 0;     ///< steps that learned nothing because nothing could be scored

  rl::CostQuantiles quantiles = {};
  rl::RunningScale cost_scale = {};
  rl::Alarms alarms{rl::AlarmOptions{}};
  std::vector<WaitingGroup> waiting = {};
  std::uint64_t next_handle = 1;

  Usd spent = {};                ///< by all episodes, of a teacher and of validation too, at recorded or real prices
  std::int64_t rollouts = 0;     ///< the episodes; what was done before a roll-back counts as well
  std::optional<double> last_validation = {};  ///< score
};

TrainerState first_state(const TrainConfig& config);

/// Adds what these episodes have cost, as far as it is known, and their number.
void count_costs(TrainerState& state, std::span<const rollout::Group> groups);

/// Exact: doubles are kept as their bits.
std::string to_bytes(const TrainerState& state);
/// Errors: config, for bytes that no state of this configuration has.
Result<TrainerState> parse_state(std::string_view bytes, const TrainConfig& config);

}  // namespace xrouter::trainer
