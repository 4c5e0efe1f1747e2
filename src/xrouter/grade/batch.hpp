// Grading many answers at once: from a file of answers, or whatever a caller has.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/grade/registry.hpp"

namespace xrouter::grade {

struct Answer {
  std::string id;
  std::string data_source;
  std::string response;
  Value ground_truth;
  Value extra = {};
};

/// One line of a file of answers: an object with `response` (or `answer`), `ground_truth` (or `gold`)
/// and, where wanted, `id`, `data_source` and `extra` (or `extra_info`). `line` names an answer
/// without an id; `data_source` is for those without their own.
/// Errors: ErrorKind::config naming the field.
Result<Answer> parse_answer(std::string_view line, std::size_t number, const std::string& data_source);

/// The result as a JSON object: id, data_source, status, score (null when unscored), correct, and
/// what there is of extracted, normalized, reason, parts, tests, trust.
std::string to_json(const Answer& answer, const GradeResult& result);

struct BatchOptions {
  Dialect dialect = strict();
  int workers = 1;
  /// Called from any worker, one at a time, with the number of answers graded.
  std::function<void(std::size_t done)> progress = {};
};

/// Results in the order of the answers; the same for any number of workers.
/// Errors: ErrorKind::config, before anything is graded, when a data source has no grader or a ground
/// truth is not valid (naming the first such answer and how many there are).
Result<std::vector<GradeResult>> grade_all(const std::vector<Answer>& answers, const Registry& registry, GradeContext& context, const BatchOptions& options);

}  // namespace xrouter::grade
