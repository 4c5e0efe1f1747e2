// From train.yaml to one TrainConfig, and back to text. Thread-safe: nothing here keeps state.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/trainer/config/train_config.hpp"
#include "xrouter/trainer/record/run_folder.hpp"

namespace xrouter::trainer {

/// `settings`: "name=value" each, from the command line; they win over the file. `stages.NAME.steps` reaches a stage.
/// Errors: config with one line for each slip, "train.yaml:3:5: rollout.group_siz: unknown key; did you mean ..."; io.
Result<TrainConfig> load_train_config(const std::string& path, const std::vector<std::string>& settings = {});
Result<TrainConfig> parse_train_config(std::string_view yaml, const std::string& source, const std::vector<std::string>& settings = {});

/// Every setting with its effective value; those of a stage are called stages.NAME.setting.
std::vector<Setting> settings_of(const TrainConfig& config);

/// A path of the file: relative to it.
std::string path_of(const TrainConfig& config, const std::string& path);

/// Every setting with type, default, unit and meaning, as Markdown: docs/training-configuration.md.
std::string train_documentation();

}  // namespace xrouter::trainer
