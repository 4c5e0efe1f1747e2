// Questions without recorded answers, from a file of JSON Lines: small talk that a router may answer by itself, or a
// user's own questions for live models.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "xrouter/samples/sample.hpp"

namespace xrouter::samples {

/// One line:
///   {"question": "What is 2+3?", "gold": "5", "grader": "phrase"}
/// and, if wanted: "qid" (default: file name and line), "prompt" (default: the question), "source", "domain",
/// "category", "options", "functions", "stratum" (default: direct with a reply, else medium), and "reply".
struct OwnQuestion {
  corpus::Question question;
  Stratum stratum = Stratum::medium;
  std::string assumed_reply = {};  ///< RouterSample::assumed_reply
};

inline constexpr std::size_t kMaxQuestionFileBytes = std::size_t{64} << 20;

/// `name` names the file in errors and in default ids. Errors: config with file and line.
Result<std::vector<OwnQuestion>> parse_questions(std::string_view text, const std::string& name);
/// Errors also: io.
Result<std::vector<OwnQuestion>> read_questions(const std::string& path);

}  // namespace xrouter::samples
