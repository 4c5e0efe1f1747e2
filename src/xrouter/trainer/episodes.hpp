// Where a run's episodes come from: samples, the pool that answers, the graders. The trainer knows no more of them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "xrouter/learner/token_tree.hpp"
#include "xrouter/lm/language_model.hpp"
#include "xrouter/rollout/runner.hpp"
#include "xrouter/samples/sample.hpp"

namespace xrouter::trainer {

enum class SampleUse { train, validation };

struct PlayOptions {
  SampleUse use = SampleUse::train;
  double temperature = 1;
  std::uint64_t drawn_at = 0;  ///< of the groups
  std::string version = {};    ///< of the weights
  std::function<void(const rollout::Progress& progress)> progress = {};
};

/// What a single model does on a sample, when it is recorded.
struct RecordedResult {
  std::string model;  ///< of the catalogue
  bool right = false;
  Usd cost;
};

/// One thread. Deterministic: the same model and items give the same groups.
class Episodes {
 public:
  virtual ~Episodes() = default;
  virtual std::size_t size(SampleUse use) const = 0;
  virtual const samples::RouterSample& sample(SampleUse use, std::size_t index) const = 0;
  /// Where its question comes from ("gsm", "mmlu_pro"), for figures.
  virtual std::string source(SampleUse use, std::size_t index) const = 0;
  /// Questions of one benchmark are compared with one another; a corpus's name.
  virtual std::string benchmark(SampleUse use, std::size_t index) const = 0;
  /// The samples are in an order that is meant: easy first and the like.
  virtual bool ordered() const = 0;
  /// Every model that is recorded on its question, offered or not.
  virtual std::vector<RecordedResult> recorded(SampleUse use, std::size_t index) = 0;

  /// One group for each item, by the decisions of `model`. Errors: cancelled when the run is stopped; config.
  virtual Result<std::vector<rollout::Group>> play(std::shared_ptr<lm::LanguageModel> model, std::span<const rollout::WorkItem> items,
                                                   const PlayOptions& options) = 0;
  /// How often a grader has failed in this process.
  virtual std::uint64_t grader_failures() const { return 0; }

  /// The same by a teacher who knows the recorded outcomes; one rollout each item, its trajectory is what a router had to write.
  virtual Result<std::vector<rollout::Group>> teach(std::span<const rollout::WorkItem> items, const PlayOptions& options) = 0;
};

/// What a language stage reads.
class Texts {
 public:
  virtual ~Texts() = default;
  virtual std::size_t size() const = 0;
  /// Errors: config for data that are damaged. Precondition: index < size().
  virtual Result<learner::TokenSequence> text(std::size_t index) const = 0;
};

}  // namespace xrouter::trainer
