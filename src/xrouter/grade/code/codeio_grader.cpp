#include "xrouter/grade/code/analyst.hpp"
#include "xrouter/grade/code/code_grader.hpp"
#include "xrouter/grade/code/driver_text.hpp"
#include "xrouter/grade/value/compare.hpp"

namespace xrouter::grade::code {
namespace {

constexpr std::chrono::seconds kLimit{3};
// The literal grader's normalized answer is cut at this size; a cut one is no JSON any more.
constexpr std::size_t kMaxInputBytes = 4095;

std::string text_field(const Value& from, std::string_view name) {
  const Value* value = from.find(name);
  const std::string* text = value ? value->if_string() : nullptr;
  return text ? *text : std::string{};
}

/// The stored input as JSON, when an input is asked for. Ground truths may lack the outer braces.
std::optional<std::string> stored_input(const Value& ground_truth) {
  Value truth = ground_truth;
  if (const std::string* text = ground_truth.if_string()) {
    auto parsed = parse_json(*text);
    if (!parsed || !parsed->if_dict()) parsed = parse_json("{" + *text + "}");
    if (!parsed) return std::nullopt;
    truth = std::move(*parsed);
  }
  const Value* input = truth.find("input");
  return input ? std::optional(to_json(*input)) : std::nullopt;
}

class CodeIoGrader final : public Grader {
 public:
  CodeIoGrader(const Dialect& dialect, std::unique_ptr<Grader> literal) : dialect_(dialect), literal_(std::move(literal)) {}

  // Needs a sandbox only for questions that bring their program along, and says so then.
  GraderInfo info() const override { return literal_->info(); }

  Result<void> validate(const Value& ground_truth, const Value& extra) const override { return literal_->validate(ground_truth, extra); }

  GradeResult do_grade(const GradeRequest& request, GradeContext& context) const override {
    GradeResult literal = literal_->grade(request, context);
    const std::string reference = text_field(request.extra, "reference_code");
    const bool is_open = literal.status == GradeStatus::scored && !literal.correct && literal.normalized.size() <= kMaxInputBytes;
    if (dialect_.bug_compat || reference.empty() || !is_open) return literal;
    const auto stored = stored_input(request.ground_truth);
    if (!stored) return literal;
    GradeResult executed = !context.sandbox ? ungraded(GradeStatus::unsupported, "running the reference program needs a sandbox")
                                            : run(request, reference, *stored, literal, context);
    executed.grader = literal.grader;
    return executed;
  }

 private:
  static GradeResult run(const GradeRequest& request, const std::string& reference, const std::string& stored, const GradeResult& literal,
                         GradeContext& context) {
    auto side = PythonSide::start(*context.sandbox, kAnalystText, 2 * kLimit);
    if (!side) return ungraded(GradeStatus::infrastructure_error, side.error().describe());
    const auto output_for = [&](const std::string& input) {
      std::string entry = text_field(request.extra, "function");
      if (entry.empty()) entry = "main_solution";
      return side->ask(Request("reference_run").text(reference).text(entry).text(input), kLimit);
    };
    const Answer wanted = output_for(stored);
    if (wanted.status == TestStatus::infrastructure_error) return ungraded(GradeStatus::infrastructure_error, wanted.problem);
    if (wanted.status != TestStatus::pass) return literal;  // the reference does not run here
    const Answer reached = output_for(literal.normalized);
    if (reached.status == TestStatus::infrastructure_error) return ungraded(GradeStatus::infrastructure_error, reached.problem);
    if (reached.status == TestStatus::time_limit)
      return ungraded(GradeStatus::answer_timeout, "the program does not end on this input", literal.extracted);
    if (reached.status != TestStatus::pass)
      return graded(false, literal.extracted, literal.normalized, "the program fails on this input: " + reached.problem);
    const auto a = read_serialised(std::string_view(text_field(wanted.value, "value")));
    const auto b = read_serialised(std::string_view(text_field(reached.value, "value")));
    return graded(a && b && python_equal(*a, *b), literal.extracted, literal.normalized, "the program was run on this input");
  }

  Dialect dialect_;
  std::unique_ptr<Grader> literal_;
};

}  // namespace

std::unique_ptr<Grader> make_codeio_grader(const Dialect& dialect, std::unique_ptr<Grader> literal) {
  return std::make_unique<CodeIoGrader>(dialect, std::move(literal));
}

}  // namespace xrouter::grade::code
