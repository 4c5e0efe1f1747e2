// One interface for every way of deciding whether an answer is right.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/grade/dialect.hpp"
#include "xrouter/grade/value/value.hpp"

namespace xrouter::sandbox {
class Sandbox;
}

namespace xrouter::grade {

/// What became of a grading. The first five are scored; the others say that there is no score,
/// which is not the same as zero: means leave them out and count them.
enum class GradeStatus : std::uint8_t {
  scored,              ///< `score` is the grader's verdict
  no_answer,           ///< 0: nothing could be extracted
  answer_parse_error,  ///< 0: what was extracted is not in the grammar
  answer_limit,        ///< 0: over a length, nesting, exponent or digit limit
  answer_timeout,      ///< 0: only the answer's side ran out of steps or time
  target_error,        ///< unscored: the ground truth is bad
  unsupported,         ///< unscored: needs a resource or checker that is absent
  infrastructure_error,///< unscored: sandbox, judge or file fault; worth another try
  cancelled,           ///< unscored
};
std::string_view to_text(GradeStatus status);
bool is_scored(GradeStatus status);

/// How far the success of a run program can be trusted.
enum class Trust {
  full,        ///< decided outside the candidate's reach
  in_process,  ///< the tests shared an interpreter with the candidate
};

enum class TestStatus { pass, wrong_answer, runtime_error, time_limit, memory_limit, output_limit, compile_error, infrastructure_error };
std::string_view to_text(TestStatus status);

struct TestOutcome {
  TestStatus status = TestStatus::pass;
  std::chrono::milliseconds wall{0};
  std::string detail = {};  ///< at most 1 KiB
};

struct GraderId {
  std::string name;             ///< "math", "choice", ...
  int version = 1;              ///< raised whenever a verdict can change
  std::uint64_t dialect = 0;    ///< hash_of(Dialect)
  /// "math/1/9f86d081884c7d65": what records and caches are keyed by.
  std::string text() const;
  bool operator==(const GraderId&) const = default;
};

struct GradeResult {
  double score = 0;      ///< [0, 1]; NaN exactly when unscored
  bool correct = false;  ///< by the grader's rule; never a shaped reward
  GradeStatus status = GradeStatus::scored;
  std::string extracted = {};   ///< each at most 4 KiB of valid UTF-8
  std::string normalized = {};
  std::string reason = {};
  std::vector<TestOutcome> tests = {};  ///< of code only
  /// Named parts of the score: "loose", "instructions_strict", "cell_share" ... each in [0, 1].
  std::vector<std::pair<std::string, double>> parts = {};
  Trust trust = Trust::full;
  GraderId grader = {};
};

/// Results with the invariants kept (score and status agree, texts cut to size).
GradeResult graded(bool correct, std::string extracted = {}, std::string normalized = {}, std::string reason = {});
GradeResult graded_share(double score, bool correct, std::string extracted = {}, std::string reason = {});
/// Precondition: status is not `scored`.
GradeResult ungraded(GradeStatus status, std::string reason, std::string extracted = {});

struct GraderInfo {
  GraderId id;
  bool deterministic = true;
  bool needs_sandbox = false;
  bool needs_judge = false;
};

struct GradeRequest {
  std::string_view data_source;  ///< dispatch key
  std::string_view response;     ///< the text to judge; may be invalid UTF-8
  const Value& ground_truth;
  const Value& extra;            ///< the data set's further fields; null when there are none
  std::uint64_t seed = 0;        ///< only for graders that declare themselves not deterministic
};

/// A model that judges free answers. Implemented on the engine's pool; may block. Thread-safe.
class JudgeModel {
 public:
  virtual ~JudgeModel() = default;
  /// The model's id and version, as it goes into the cache key.
  virtual std::string_view id() const = 0;
  /// The reply's text at temperature 0. Errors: any; the grade becomes infrastructure_error.
  virtual Result<std::string> ask(std::string_view system, std::string_view user) = 0;
};

/// What a grader may use beside its inputs. Null members are absent: a grader that needs one
/// answers `unsupported`.
struct GradeContext {
  sandbox::Sandbox* sandbox = nullptr;
  JudgeModel* judge = nullptr;
  const std::atomic<bool>* cancelled = nullptr;
};

/// Immutable and thread-safe: no globals, no signals, no clocks, nothing thrown. Work is bounded by
/// step counters, so that the same input gives the same grade on every machine and thread.
class Grader {
 public:
  virtual ~Grader() = default;
  virtual GraderInfo info() const = 0;
  /// At load time. Errors: ErrorKind::config saying what is wrong with the ground truth.
  virtual Result<void> validate(const Value& ground_truth, const Value& extra) const = 0;
  /// Never without the identity of the grader that decided.
  GradeResult grade(const GradeRequest& request, GradeContext& context) const;

 private:
  virtual GradeResult do_grade(const GradeRequest& request, GradeContext& context) const = 0;
};

}  // namespace xrouter::grade
