// Free answers: a rule first, then a judge model that is told to answer in one JSON object.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "xrouter/grade/grader.hpp"

namespace xrouter::grade {

/// What the judge is asked. Question, key and answer stand in it as JSON strings, so that an answer
/// cannot end its quotation and speak to the judge in our name.
struct JudgePrompt {
  std::string system;
  std::string user;
};
JudgePrompt judge_prompt(std::string_view question, std::string_view gold, std::string_view answer);

/// The verdict of a judge's reply: exactly one object {"verdict": "correct" or "incorrect"}, alone or
/// in one code fence. Anything else is no verdict.
std::optional<bool> verdict_of(std::string_view reply);

/// What the context's judge says about an answer. Without a judge: `unsupported`; when it fails or gives
/// no verdict: `infrastructure_error`.
GradeResult ask_judge(std::string_view question, std::string_view gold, std::string_view answer, const GradeContext& context);

/// Ground truth: a text. Extra: `question`, a text. An answer that the rule (mathematical equivalence,
/// then equal text) accepts needs no judge; for every other the judge decides, and the part "rule"
/// keeps what the rule said.
std::unique_ptr<Grader> make_judge_grader(const Dialect& dialect);

/// A judge whose replies are kept, so that a grade can be repeated. Thread-safe.
///
/// The file is JSON Lines {"judge", "system", "user", "reply"}; a line that cannot be read (a crash cut
/// it) is left out. Failures are not kept.
class CachedJudge final : public JudgeModel {
 public:
  /// `path` may be empty: memory only. Errors: ErrorKind::io when the file cannot be opened.
  static Result<std::unique_ptr<CachedJudge>> open(JudgeModel& judge, const std::string& path);
  ~CachedJudge() override;

  std::string_view id() const override;
  Result<std::string> ask(std::string_view system, std::string_view user) override;

 private:
  struct State;
  explicit CachedJudge(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace xrouter::grade
