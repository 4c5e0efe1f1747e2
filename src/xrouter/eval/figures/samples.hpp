// A run's samples, arranged by benchmark, system and question.
#pragma once

#include <optional>
#include <vector>

#include "xrouter/eval/run_data.hpp"

namespace xrouter::eval {

struct SystemSamples {
  std::size_t system = 0;  ///< index into RunData::systems
  /// By position in TaskSamples::questions, then rollout; empty = not asked.
  std::vector<std::vector<const SampleRecord*>> by_question = {};
  std::vector<const SampleRecord*> all() const;
  std::size_t asked() const;
};

struct TaskSamples {
  std::size_t task = 0;                     ///< index into QuestionSet::benchmarks
  std::vector<std::size_t> questions = {};  ///< indices into QuestionSet::questions
  std::vector<std::size_t> clusters = {};   ///< of each question, numbered from 0
  std::vector<SystemSamples> systems = {};  ///< those with a sample, in the run's order
};

/// One a benchmark. Records of questions or systems that the run does not have are left out.
std::vector<TaskSamples> arrange(const RunData& data);

/// Mean over the scored samples of one question; nullopt without one.
std::optional<double> mean_score(const std::vector<const SampleRecord*>& samples);
/// Mean over all samples of one question. Precondition: there is one.
double mean_cost_usd(const std::vector<const SampleRecord*>& samples);

}  // namespace xrouter::eval
