// Every setting of train.yaml, declared once in properties.cpp and learning_properties.cpp.
#pragma once

#include "xrouter/config/property.hpp"
#include "xrouter/trainer/config/train_config.hpp"

namespace xrouter::trainer {

/// train.yaml as written, before the stages are read.
struct TrainDraft {
  TrainConfig config = {};
  config::YamlNode stages = {};
};
struct StageDraft {
  StageConfig value = {};
  std::set<std::string> given = {};
  config::Mark mark = {};
};

const config::Properties<TrainDraft>& train_properties();
const config::Properties<StageDraft>& stage_properties();

void declare_learning(config::Properties<TrainDraft>& list);

}  // namespace xrouter::trainer
