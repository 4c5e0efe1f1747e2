#include "xrouter/grade/grader.hpp"

#include <fmt/format.h>

#include <limits>

#include "xrouter/base/assert.hpp"
#include "xrouter/grade/extract/extract.hpp"

namespace xrouter::grade {
namespace {

constexpr std::size_t kMaxTextBytes = 4096;

// At most kMaxTextBytes of valid UTF-8; a character that the cut would halve is left out.
std::string bounded(std::string_view text) {
  std::string valid = extract::to_utf8(text.substr(0, kMaxTextBytes + 4));
  if (valid.size() <= kMaxTextBytes) return valid;
  std::size_t end = kMaxTextBytes;
  while (end > 0 && (static_cast<unsigned char>(valid[end]) & 0xC0) == 0x80) --end;
  valid.resize(end);
  return valid;
}

}  // namespace

std::string_view to_text(GradeStatus status) {
  switch (status) {
    case GradeStatus::scored: return "scored";
    case GradeStatus::no_answer: return "no_answer";
    case GradeStatus::answer_parse_error: return "answer_parse_error";
    case GradeStatus::answer_limit: return "answer_limit";
    case GradeStatus::answer_timeout: return "answer_timeout";
    case GradeStatus::target_error: return "target_error";
    case GradeStatus::unsupported: return "unsupported";
    case GradeStatus::infrastructure_error: return "infrastructure_error";
    case GradeStatus::cancelled: return "cancelled";
  }
  return "unknown";
}

bool is_scored(GradeStatus status) { return status <= GradeStatus::answer_timeout; }

std::string_view to_text(TestStatus status) {
  switch (status) {
    case TestStatus::pass: return "pass";
    case TestStatus::wrong_answer: return "wrong_answer";
    case TestStatus::runtime_error: return "runtime_error";
    case TestStatus::time_limit: return "time_limit";
    case TestStatus::memory_limit: return "memory_limit";
    case TestStatus::output_limit: return "output_limit";
    case TestStatus::compile_error: return "compile_error";
    case TestStatus::infrastructure_error: return "infrastructure_error";
  }
  return "unknown";
}

std::string GraderId::text() const { return fmt::format("{}/{}/{:016x}", name, version, dialect); }

GradeResult Grader::grade(const GradeRequest& request, GradeContext& context) const {
  GradeResult result = do_grade(request, context);
  if (result.grader.name.empty()) result.grader = info().id;
  return result;
}

GradeResult graded(bool correct, std::string extracted, std::string normalized, std::string reason) {
  return {.score = correct ? 1.0 : 0.0, .correct = correct, .extracted = bounded(extracted), .normalized = bounded(normalized), .reason = bounded(reason)};
}

GradeResult graded_share(double score, bool correct, std::string extracted, std::string reason) {
  return {.score = score, .correct = correct, .extracted = bounded(extracted), .reason = bounded(reason)};
}

GradeResult ungraded(GradeStatus status, std::string reason, std::string extracted) {
  XROUTER_ASSERT(status != GradeStatus::scored, "a score needs graded()");
  const double score = is_scored(status) ? 0.0 : std::numeric_limits<double>::quiet_NaN();
  return {.score = score, .status = status, .extracted = bounded(extracted), .reason = bounded(reason)};
}

}  // namespace xrouter::grade
