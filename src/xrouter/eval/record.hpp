// What is kept of one answered and graded question: a line of a run's samples.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/engine/outcome.hpp"
#include "xrouter/grade/grader.hpp"

namespace xrouter::eval {

struct CallSample {
  std::string model = {};   ///< catalogue id; empty when the policy named none that exists
  int turn = 0;        ///< 1-based
  CallStatus status = CallStatus::ok;
  std::string error = {};  ///< label of the error kind
  int attempts = 0;
  std::int64_t in_tokens = 0;  ///< of all attempts
  std::int64_t out_tokens = 0;
  std::int64_t cached_tokens = 0;
  Cost cost = {};
  std::string price = {};      ///< price version of the catalogue
  Duration latency = {};
  bool operator==(const CallSample&) const = default;
};

/// The sample's grade as the grader gave it, with the grader's identity.
struct GradeSample {
  grade::GradeStatus status = grade::GradeStatus::cancelled;
  double score = 0;  ///< 0 when unscored: look at is_scored(status) first
  bool correct = false;
  std::string extracted = {};
  std::string normalized = {};
  std::string reason = {};
  std::vector<std::pair<std::string, double>> parts = {};
  bool trusted = true;
  std::string grader = {};  ///< GraderId::text()
  bool scored() const { return grade::is_scored(status); }
  bool operator==(const GradeSample&) const = default;
};

struct SampleRecord {
  std::string key = {};       ///< 16 hex digits, see sample_key()
  std::string task = {};
  std::string system = {};
  std::string qid = {};
  int rollout = 0;       ///< 0-based
  std::string prompt_hash = {};
  std::string response = {};  ///< 16 hex digits: key into the run's responses; empty = there was no answer
  AnswerSource source = AnswerSource::none;
  StopReason stop = StopReason::answered;
  std::string error = {};          ///< label of the error kind of a failed episode
  std::string answer_model = {};   ///< whose reply is the answer; empty for the policy's own text
  bool truncated = false;          ///< the answer was cut off by a token limit
  int turns = 0;
  std::vector<CallSample> calls = {};
  Cost cost = {};                  ///< everything, the router's turns and failed attempts included
  Cost router_cost = {};
  std::int64_t router_tokens = 0;
  std::optional<double> confidence = {};  ///< of the policy's first decision that had one
  Duration latency = {};                  ///< of the episode on the run's clock
  GradeSample grade = {};
  /// The corpus's own label of the reply that became the answer, where there is one.
  std::optional<bool> recorded_label = {};
  int tries = 1;  ///< runs of this sample, unscored ones included
  bool operator==(const SampleRecord&) const = default;
};

/// One JSON line, without the line break; the same bytes for equal records.
std::string to_line(const SampleRecord& record);
/// What parse_sample() makes of a record's line. The JSON reader is off by the last bit now and then, and
/// a run that was resumed must add up the same numbers as one that was not.
SampleRecord as_read_back(SampleRecord record);
/// Errors: ErrorKind::config naming the field.
Result<SampleRecord> parse_sample(std::string_view line);

}  // namespace xrouter::eval
