// Checkpoints of trained routers as systems of an evaluation.
#pragma once

#include <string>
#include <vector>

#include "xrouter/config/config.hpp"
#include "xrouter/eval/run/setting.hpp"
#include "xrouter/eval/systems.hpp"

namespace xrouter::app {

/// What `xrouter eval --router` names.
struct RouterChoice {
  /// Each a model folder, GGUF file or name of a pulled model, MODEL@ADAPTER, a checkpoint, or the folder of a run:
  /// its exported model, without one its best checkpoint.
  std::vector<std::string> models;
  std::string train_config = {};  ///< of the checkpoints' run; empty: the copy in its folder
  std::string priced_as = {};     ///< model of the catalogue whose prices the routers' tokens cost; empty = free
};

/// "router:<name>" at the configuration's cost weight and one point more for each weight of `curve`, all of family
/// <name>: the end of the path, with as much in front as tells it from the others. Every router is loaded once and
/// shared by its points. Ends the program when one cannot be loaded.
std::vector<eval::System> router_systems(const RouterChoice& choice, const config::Config& config, const eval::EpisodeSettings& settings,
                                         const std::vector<double>& curve);

}  // namespace xrouter::app
