// The graders of a run's questions, with a memory: baselines repeat replies.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "xrouter/eval/benchmark.hpp"
#include "xrouter/eval/record.hpp"
#include "xrouter/grade/registry.hpp"

namespace xrouter::eval {

/// A question that must not be asked as it is.
struct QuestionFault {
  std::size_t question = 0;  ///< index into QuestionSet::questions
  std::string what;
};

/// Thread-safe once made. The question set must outlive it.
class Grading {
 public:
  /// Errors: ErrorKind::config for a data source that the registry does not know.
  static Result<std::unique_ptr<Grading>> make(const QuestionSet& set, const grade::Registry& registry, const grade::Dialect& dialect);

  /// The faults of all questions: a bad ground truth, a gold that does not score 1, an empty reply
  /// that does not score 0. Of golds that are programs every twentieth is run. What the context cannot check (no sandbox, no judge) is no
  /// fault.
  std::vector<QuestionFault> check(grade::GradeContext& context) const;

  /// The grade of a reply; remembered by question and reply when the grader is deterministic and
  /// the reply was scored.
  GradeSample grade(std::size_t question, std::string_view response, std::uint64_t seed, grade::GradeContext& context) const;

  /// GraderId::text() of a question's grader.
  const std::string& grader_of(std::size_t question) const { return entries_[by_question_[question]].text; }

 private:
  struct Entry {
    std::unique_ptr<grade::Grader> grader;
    grade::GraderInfo info;
    std::string text;
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::uint64_t, GradeSample> grades;
  };
  static constexpr std::size_t kShards = 64;

  explicit Grading(const QuestionSet& set) : set_(set) {}
  const Entry& entry_of(std::size_t question) const { return entries_[by_question_[question]]; }
  grade::GradeResult grade_now(std::size_t question, std::string_view response, std::uint64_t seed, grade::GradeContext& context) const;

  const QuestionSet& set_;
  std::vector<Entry> entries_;
  std::vector<std::size_t> by_question_;
  mutable std::array<Shard, kShards> shards_;
};

}  // namespace xrouter::eval
