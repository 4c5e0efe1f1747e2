// Everything that a run reads before it starts, opened and checked: configuration, corpora, samples, model files.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "xrouter/config/config.hpp"
#include "xrouter/learner/learner.hpp"
#include "xrouter/trainer/config/train_config.hpp"
#include "xrouter/trainer/record/run_record.hpp"
#include "xrouter/trainer/recorded_episodes.hpp"
#include "xrouter/weights/model_files.hpp"

namespace xrouter::trainer {

struct Inputs {
  std::shared_ptr<const config::Config> service;
  std::shared_ptr<const weights::ModelFiles> model;
  learner::LearnerOptions learner;
  RouterParts router;
  std::unique_ptr<LiveModels> live;  ///< null: the samples offer recorded models alone
  std::unique_ptr<RecordedEpisodes> episodes;
  std::unique_ptr<Texts> texts;  ///< null: no stage reads texts
  std::vector<DataFile> data;    ///< for the record
};

/// `data_dir` of the command line, or "". The configuration outlives the inputs. `make_live` is asked when samples offer
/// models that are not recorded. Errors: config or io, each naming the setting or file.
Result<Inputs> open_inputs(const TrainConfig& config, const std::string& data_dir, const std::atomic<bool>* cancel = nullptr,
                           const MakeLive& make_live = {});

}  // namespace xrouter::trainer
