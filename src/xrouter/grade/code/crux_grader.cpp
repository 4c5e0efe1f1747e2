#include <algorithm>

#include "xrouter/grade/code/analyst.hpp"
#include "xrouter/grade/code/candidates.hpp"
#include "xrouter/grade/code/code_grader.hpp"
#include "xrouter/grade/code/driver_text.hpp"
#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/value/compare.hpp"

namespace xrouter::grade::code {
namespace {

constexpr std::chrono::seconds kLimit{3};

enum class Asked { output, input };

struct CruxTask {
  Asked asked = Asked::output;
  std::string function = {};  ///< source
  std::string call = {};      ///< output task: "f(1, 2)"
  std::string value = {};     ///< input task: the literal to reach
};

tl::unexpected<Error> bad(const char* what) { return fail(ErrorKind::config, std::string("a prediction task: ") + what); }

std::string text_field(const Value& from, std::string_view name) {
  const Value* value = from.find(name);
  const std::string* text = value ? value->if_string() : nullptr;
  return text ? *text : std::string{};
}

// "assert f(1) == ??" or "assert f(??) == 17", as prompts state the task: the last such line.
std::string last_open_assertion(std::string_view prompt) {
  std::string found;
  while (!prompt.empty()) {
    const auto end = std::min(prompt.find('\n'), prompt.size());
    const std::string_view line = extract::trimmed(prompt.substr(0, end));
    if (line.starts_with("assert ") && line.find("??") != line.npos) found = line;
    prompt.remove_prefix(std::min(end + 1, prompt.size()));
  }
  return found;
}

void read_prompt(const Value& extra, CruxTask& task) {
  for (const char* name : {"original_prompt", "prompt", "question"}) {
    const std::string assertion = last_open_assertion(text_field(extra, name));
    const auto equals = assertion.rfind(" == ");
    if (equals == assertion.npos) continue;
    constexpr std::size_t kAssert = 7;
    const std::string left = assertion.substr(kAssert, equals - kAssert);
    const std::string right = assertion.substr(equals + 4);
    if (task.call.empty() && right.find("??") != right.npos) task.call = left;
    if (task.value.empty() && left.find("??") != left.npos) task.value = right;
    return;
  }
}

/// {"functional": source} and, beside it or in `extra`, "input" (the arguments) or "output"; or the prompt.
Result<CruxTask> read_crux(const Value& ground_truth, const Value& extra, Asked asked) {
  const auto truth = unwrapped(ground_truth);
  if (!truth) return tl::unexpected(truth.error());
  CruxTask task{.asked = asked, .function = text_field(*truth, "functional")};
  if (task.function.empty()) return bad("\"functional\" with the function's source is needed");
  for (const Value* from : {&*truth, &extra}) {
    const std::string input = text_field(*from, "input");
    if (task.call.empty() && !input.empty()) task.call = "f(" + input + ")";
    if (task.value.empty()) task.value = text_field(*from, "output");
  }
  read_prompt(extra, task);
  if (asked == Asked::output && task.call.empty())
    return bad("the asked call is needed: \"input\", or a prompt with \"assert f(...) == ??\"");
  if (asked == Asked::input && task.value.empty())
    return bad("the asked value is needed: \"output\", or a prompt with \"assert f(\?\?) == ...\"");
  return task;
}

std::vector<std::string> answer_texts(std::string_view answer) {
  std::vector<std::string> texts;
  for (const std::string_view tagged : extract::tagged(answer, "answer")) texts.insert(texts.begin(), extract::to_utf8(tagged));
  if (const auto open = answer.rfind("[ANSWER]"); open != answer.npos) {
    const std::string_view rest = answer.substr(open + 8);
    texts.push_back(extract::to_utf8(rest.substr(0, std::min(rest.find("[/ANSWER]"), rest.size()))));
  }
  for (std::string& text : candidates_of(answer, Language::python).texts) texts.push_back(std::move(text));
  return texts;
}

/// What the reply says, both sides as literals.
struct Prediction {
  std::string name;       ///< of the function
  std::string args;       ///< a Python literal
  std::string arguments;  ///< the same, serialised
  Value value;
};

class CruxGrader final : public Grader {
 public:
  CruxGrader(const Dialect& dialect, std::string_view data_source)
      : dialect_(dialect), asked_(data_source.find("cruxeval-i") != data_source.npos ? Asked::input : Asked::output) {}

  GraderInfo info() const override {
    return {.id = {.name = "crux", .version = kCruxVersion, .dialect = hash_of(dialect_)}, .needs_sandbox = true};
  }

  Result<void> validate(const Value& ground_truth, const Value& extra) const override {
    // The seed's rule needs no asked call; its data without one are gradable in its dialect only.
    const auto task = read_crux(ground_truth, extra, asked_);
    if (!task && !dialect_.bug_compat) return tl::unexpected(task.error());
    return {};
  }

  GradeResult do_grade(const GradeRequest& request, GradeContext& context) const override {
    if (!context.sandbox) return ungraded(GradeStatus::unsupported, "predictions about programs need a sandbox");
    return dialect_.bug_compat ? grade_crux_as_seed(request, context) : grade_strictly(request, context);
  }

 private:
  GradeResult grade_strictly(const GradeRequest& request, GradeContext& context) const {
    const auto task = read_crux(request.ground_truth, request.extra, asked_);
    if (!task) return ungraded(GradeStatus::target_error, task.error().describe());
    const auto answer = extract::without_thinking(request.response, dialect_.think);
    const std::vector<std::string> texts = answer ? answer_texts(*answer) : std::vector<std::string>{};
    if (texts.empty()) return ungraded(GradeStatus::no_answer, "the reply holds no assertion");
    auto side = PythonSide::start(*context.sandbox, kAnalystText, 2 * kLimit);
    if (!side) return ungraded(GradeStatus::infrastructure_error, side.error().describe());
    return judge(*task, texts, *side);
  }

  static GradeResult judge(const CruxTask& task, const std::vector<std::string>& texts, PythonSide& side) {
    const Answer found = side.ask(Request("crux_answer").texts(texts), kLimit);
    if (found.status != TestStatus::pass) return unanswered(found, GradeStatus::answer_parse_error);
    std::string call = text_field(found.value, "call");
    std::string value = text_field(found.value, "value");
    if (call.empty() && task.asked == Asked::output) {
      // The bare value, where nothing but the value is said.
      call = task.call;
      value = extract::trimmed(texts.front());
    }
    if (call.empty()) return ungraded(GradeStatus::no_answer, "the reply holds no assertion");
    const std::string said = call + " == " + value;
    const Answer read = side.ask(Request("crux_values").text(call).text(value), kLimit);
    if (read.status != TestStatus::pass) return unanswered(read, GradeStatus::answer_parse_error);
    // The same reading of the asked side: spelling and blanks do not matter, types do.
    const Answer asked = side.ask(Request("crux_values")
                                      .text(task.asked == Asked::output ? task.call : "f()")
                                      .text(task.asked == Asked::output ? "None" : task.value),
                                  kLimit);
    if (asked.status != TestStatus::pass) return unanswered(asked, GradeStatus::target_error);
    if (text_field(read.value, "name") != "f") return graded(false, said, {}, "not a call of the asked function");
    const char* const compared = task.asked == Asked::output ? "arguments" : "value";
    const auto ours = read_serialised(std::string_view(text_field(asked.value, compared)));
    const auto theirs = read_serialised(std::string_view(text_field(read.value, compared)));
    if (!ours || !theirs || !python_equal(*ours, *theirs)) return graded(false, said, {}, "not the assertion that was asked for");
    return run(task, read, said, side);
  }

  // The reference function is executed on literals: nothing of the reply is.
  static GradeResult run(const CruxTask& task, const Answer& read, const std::string& said, PythonSide& side) {
    const Answer ran = side.ask(Request("crux_run").text(task.function).text("f").text(text_field(read.value, "args")), kLimit);
    if (ran.status != TestStatus::pass) {
      if (ran.status == TestStatus::runtime_error) return graded(false, said, {}, "the function raises: " + ran.problem);
      return unanswered(ran, GradeStatus::answer_parse_error);
    }
    const auto result = read_serialised(std::string_view(text_field(ran.value, "value")));
    const auto value = read_serialised(std::string_view(text_field(read.value, "value")));
    if (!result || !value) return ungraded(GradeStatus::infrastructure_error, "the analyst's reply is malformed");
    return graded(python_equal(*result, *value), said, to_python(*result));
  }

  static GradeResult unanswered(const Answer& answer, GradeStatus otherwise) {
    if (answer.status == TestStatus::infrastructure_error) return ungraded(GradeStatus::infrastructure_error, answer.problem);
    if (answer.status == TestStatus::time_limit) return ungraded(GradeStatus::answer_timeout, answer.problem);
    if (answer.status == TestStatus::memory_limit || answer.status == TestStatus::output_limit)
      return ungraded(GradeStatus::answer_limit, answer.problem);
    return ungraded(otherwise, answer.problem);
  }

  Dialect dialect_;
  Asked asked_;
};

}  // namespace

std::unique_ptr<Grader> make_crux_grader(const Dialect& dialect, std::string_view data_source) {
  return std::make_unique<CruxGrader>(dialect, data_source);
}

}  // namespace xrouter::grade::code
