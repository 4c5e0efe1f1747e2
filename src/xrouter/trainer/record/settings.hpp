// The settings of a run as its folder keeps them: what a resumed run must have alike.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/trainer/record/run_record.hpp"

namespace xrouter::trainer {

struct Setting {
  std::string name;         ///< "dapo.group_size"
  std::string value;        ///< as the configuration would have it
  bool may_change = false;  ///< a resumed run may have another value: threads, how often a checkpoint is written
  bool operator==(const Setting&) const = default;
};

struct RunConfig {
  std::string text;  ///< YAML as it was given
  std::vector<Setting> settings;
  std::vector<DataFile> data = {};  ///< what the run reads
};

/// 16 hexadecimal digits over the settings that may not change, whatever their order.
std::string settings_hash(const std::vector<Setting>& settings);

std::string settings_json(const std::vector<Setting>& settings);
/// Errors: config.
Result<std::vector<Setting>> parse_settings(std::string_view json);

struct SettingsDifference {
  std::vector<std::string> forbidden;  ///< sentences: "dapo.group_size: the run has 8, the configuration 16"
  std::vector<std::string> allowed;
};
SettingsDifference compare_settings(const std::vector<Setting>& run, const std::vector<Setting>& now);

}  // namespace xrouter::trainer
