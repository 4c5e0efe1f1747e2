#include "xrouter/grade/judge/judge.hpp"

#include <algorithm>

#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/registry.hpp"

namespace xrouter::grade {
namespace {

// Blanks folded and ASCII letters in lower case.
std::string folded(std::string_view text) {
  std::string plain;
  for (const char c : extract::trimmed(text)) {
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!blank) plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    else if (!plain.empty() && plain.back() != ' ') plain += ' ';
  }
  return plain;
}

// What the reply says its answer is: the last box, else what follows the most explicit announcement,
// else everything.
std::string_view stated_answer(std::string_view text) {
  if (const auto boxes = extract::boxes(text); !boxes.empty()) return extract::trimmed(boxes.back().content);
  const auto phrases = extract::announced(text);
  const auto best = std::ranges::min_element(phrases, {}, [](const extract::Phrase& phrase) { return std::pair(static_cast<int>(phrase.kind), -static_cast<std::ptrdiff_t>(phrase.offset)); });
  return best == phrases.end() || best->rest.empty() ? text : best->rest;
}

class JudgeGrader final : public Grader {
 public:
  JudgeGrader(Dialect dialect, std::unique_ptr<Grader> mathematics) : dialect_(std::move(dialect)), mathematics_(std::move(mathematics)) {}

  GraderInfo info() const override {
    return {.id = {.name = "judge", .version = 1, .dialect = hash_of(dialect_)}, .deterministic = false, .needs_judge = true};
  }

  Result<void> validate(const Value& gold, const Value& extra) const override {
    if (!gold.if_string() || extract::trimmed(*gold.if_string()).empty()) return fail(ErrorKind::config, "the ground truth must be a text");
    const Value* question = extra.find("question");
    if (!question || !question->if_string()) return fail(ErrorKind::config, "a judged answer needs 'question', a text, among its further fields");
    return {};
  }

 private:
  GradeResult do_grade(const GradeRequest& request, GradeContext& context) const override {
    if (auto valid = validate(request.ground_truth, request.extra); !valid) return ungraded(GradeStatus::target_error, valid.error().public_text);
    const auto text = extract::without_thinking(request.response, dialect_.think);
    if (!text || extract::trimmed(*text).empty()) return ungraded(GradeStatus::no_answer, "an empty reply");
    const std::string_view answer = stated_answer(*text);
    if (extract::trimmed(answer).empty()) return ungraded(GradeStatus::no_answer, "an empty box");
    if (rule_accepts(request, answer, context)) return with_rule(graded(true, std::string(answer), {}, "by the rule"), true);
    const std::string& question = *request.extra.find("question")->if_string();
    return with_rule(ask_judge(question, *request.ground_truth.if_string(), answer, context), false);
  }

  bool rule_accepts(const GradeRequest& request, std::string_view answer, GradeContext& context) const {
    if (folded(answer) == folded(*request.ground_truth.if_string())) return true;
    // A brace or backslash that does not belong would leave the box that it is put into.
    const bool closed = std::ranges::count(answer, '{') == std::ranges::count(answer, '}') && answer.find("\\boxed") == std::string_view::npos;
    if (!closed || !mathematics_ || !mathematics_->validate(request.ground_truth, {})) return false;
    const std::string boxed = "\\boxed{" + std::string(answer) + "}";
    const Value none;
    return mathematics_->grade({.data_source = request.data_source, .response = boxed, .ground_truth = request.ground_truth, .extra = none}, context).correct;
  }

  // Kept, so that a run can say how often rule and judge differ.
  static GradeResult with_rule(GradeResult result, bool accepted) {
    if (is_scored(result.status)) result.parts.emplace_back("rule", accepted ? 1.0 : 0.0);
    return result;
  }

  Dialect dialect_;
  std::unique_ptr<Grader> mathematics_;  // null without a mathematics grader
};

std::unique_ptr<Grader> made(const Dialect& dialect, std::string_view) { return make_judge_grader(dialect); }

}  // namespace

GradeResult ask_judge(std::string_view question, std::string_view gold, std::string_view answer, const GradeContext& context) {
  if (!context.judge) return ungraded(GradeStatus::unsupported, "no judge model is set", std::string(answer));
  const JudgePrompt prompt = judge_prompt(question, gold, answer);
  const auto reply = context.judge->ask(prompt.system, prompt.user);
  if (!reply) return ungraded(GradeStatus::infrastructure_error, "the judge failed: " + reply.error().public_text, std::string(answer));
  const auto verdict = verdict_of(*reply);
  if (!verdict) return ungraded(GradeStatus::infrastructure_error, "the judge gave no verdict: " + *reply, std::string(answer));
  return graded(*verdict, std::string(answer), {}, "by the judge " + std::string(context.judge->id()));
}

std::unique_ptr<Grader> make_judge_grader(const Dialect& dialect) {
  // The seed's own judge is a fixed host that is gone, so there is nothing to be compatible with.
  const Dialect own = dialect.bug_compat ? strict() : dialect;
  auto mathematics = builtin_registry().grader_for("math_expr", own);
  return std::make_unique<JudgeGrader>(own, mathematics ? std::move(*mathematics) : nullptr);
}

std::vector<RegistryRow> judge_rows() {
  return {
      {.key = "stem_web", .match = Match::prefix, .make = made, .about = "free answers: rule, then a judge model (WebInstruct)"},
      {.key = "judge", .match = Match::exact, .make = made, .about = "free answers: rule, then a judge model"},
  };
}

}  // namespace xrouter::grade
