// The graders of a run's questions, with a memory: recorded answers come again and again.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "xrouter/corpus/record.hpp"
#include "xrouter/grade/registry.hpp"
#include "xrouter/rollout/runner.hpp"

namespace xrouter::trainer {

/// By the same graders and in the same dialect as an evaluation. Not thread-safe.
class AnswerGrading {
 public:
  explicit AnswerGrading(const grade::Registry& registry) : registry_(registry) {}

  /// Makes the question's grader and checks its ground truth. `record` is of the question, for graders that know no more
  /// than the recorded labels. Both outlive this. Errors: config.
  Result<void> add(const corpus::Record& record);
  /// Unscored for a question that was not added, and where the grader cannot say, asked twice.
  rollout::Graded grade(const corpus::Question& question, std::string_view answer);

  std::uint64_t failures() const { return failures_; }  ///< how often a grader failed: each try counts

 private:
  struct Exam {
    const corpus::Record* record = nullptr;
    const grade::Grader* grader = nullptr;  ///< null: recorded labels alone
    grade::Value gold, extra;
    std::unordered_map<std::uint64_t, rollout::Graded> known = {};
  };
  Result<const grade::Grader*> grader_for(const std::string& name);
  rollout::Graded grade_now(Exam& exam, std::string_view answer);

  const grade::Registry& registry_;
  std::map<std::string, std::unique_ptr<grade::Grader>> graders_;
  std::unordered_map<std::string, Exam> exams_;  // by qid
  std::uint64_t failures_ = 0;
};

}  // namespace xrouter::trainer
