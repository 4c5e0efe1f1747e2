#include "xrouter/grade/code/task.hpp"

#include <array>
#include <optional>

namespace xrouter::grade::code {
namespace {

constexpr std::size_t kMaxTests = 1000;
constexpr double kMaxLimitSeconds = 60;

struct NamedRules {
  std::string_view name;
  SourceRules rules;
};

using std::chrono::milliseconds;
constexpr std::array kRules = {
    NamedRules{"codegen__humaneval", {.reduce = true}},
    NamedRules{"codegen__humanevalplus", {.reduce = true}},
    NamedRules{"codegen__mbpp", {.reduce = true}},
    NamedRules{"codegen__mbppplus", {.reduce = true}},
    NamedRules{"codegen__livecodebench", {.checker = Checker::decimal_tokens, .test_limit = milliseconds(6000)}},
    NamedRules{"codeforces", {.partial_credit = true, .test_limit = milliseconds(10'000)}},
    NamedRules{"apps", {.partial_credit = true, .test_limit = milliseconds(10'000)}},
    NamedRules{"codecontests", {.partial_credit = true, .test_limit = milliseconds(10'000)}},
    NamedRules{"taco", {.partial_credit = true, .test_limit = milliseconds(10'000)}},
};

struct NamedChecker {
  std::string_view name;
  Checker checker;
};
constexpr std::array kCheckers = {
    NamedChecker{"exact", Checker::exact},
    NamedChecker{"exact_after_trailing_newline", Checker::exact},
    NamedChecker{"decimal_tokens", Checker::decimal_tokens},
    NamedChecker{"tolerant_tokens", Checker::tolerant_tokens},
    NamedChecker{"unordered_lines", Checker::unordered_lines},
    NamedChecker{"floats", Checker::floats},
};

tl::unexpected<Error> bad(std::string what) { return fail(ErrorKind::config, "the tests of a program: " + std::move(what)); }

// A test's text: a string, or the lines of one.
std::optional<std::string> text_of(const Value& value) {
  if (const std::string* text = value.if_string()) return *text;
  const Value::List* lines = value.if_list();
  if (!lines) return std::nullopt;
  std::string joined;
  for (const Value& line : lines->items) {
    const std::string* text = line.if_string();
    if (!text) return std::nullopt;
    if (&line != &lines->items.front()) joined += '\n';
    joined += *text;
  }
  return joined;
}

Result<std::vector<StdioTest>> read_stdio(const Value& truth) {
  const Value* inputs = truth.find("inputs");
  const Value* outputs = truth.find("outputs");
  const Value::List* in = inputs ? inputs->if_list() : nullptr;
  const Value::List* out = outputs ? outputs->if_list() : nullptr;
  if (!in || !out) return bad("\"functional\", or lists of \"inputs\" and \"outputs\" are needed");
  if (in->items.empty() || in->items.size() > kMaxTests) return bad("between 1 and 1000 tests are needed");
  if (in->items.size() != out->items.size()) return bad("as many outputs as inputs are needed");
  std::vector<StdioTest> tests;
  for (std::size_t i = 0; i < in->items.size(); ++i) {
    auto input = text_of(in->items[i]);
    auto output = text_of(out->items[i]);
    if (!input || !output) return bad("every input and output has to be a text");
    tests.push_back({std::move(*input), std::move(*output)});
  }
  return tests;
}

std::string text_field(const Value& from, std::string_view name) {
  const Value* value = from.find(name);
  const std::string* text = value ? value->if_string() : nullptr;
  return text ? *text : std::string{};
}

std::optional<double> number_field(const Value& from, std::string_view name) {
  const Value* value = from.find(name);
  const Number* number = value ? value->if_number() : nullptr;
  if (!number) return std::nullopt;
  return number->to_double();
}

Result<void> read_extra(const Value& extra, CodeTask& task) {
  task.prefix = text_field(extra, "prefix");
  if (text_field(extra, "language") == "cpp") task.language = Language::cpp;
  task.abs_tol = number_field(extra, "atol").value_or(task.abs_tol);
  task.rel_tol = number_field(extra, "rtol").value_or(task.rel_tol);
  if (const auto seconds = number_field(extra, "timeout_s")) {
    if (!(*seconds > 0 && *seconds <= kMaxLimitSeconds)) return bad("timeout_s has to be between 0 and 60");
    task.rules.test_limit = milliseconds(static_cast<std::int64_t>(*seconds * 1000));
  }
  const std::string wanted = text_field(extra, "checker");
  if (wanted.empty()) return {};
  for (const NamedChecker& known : kCheckers) {
    if (known.name == wanted) task.rules.checker = known.checker;
    if (known.name == wanted) return {};
  }
  return bad("there is no checker \"" + wanted + "\"");
}

}  // namespace

SourceRules rules_of(std::string_view data_source) {
  for (const NamedRules& known : kRules) {
    if (known.name == data_source) return known.rules;
  }
  return {};
}

Result<Value> unwrapped(const Value& ground_truth) {
  const std::string* text = ground_truth.if_string();
  if (!text) return ground_truth;
  auto parsed = parse_json(*text);
  if (!parsed) return bad("they are no JSON: " + parsed.error().public_text);
  return parsed;
}

Result<CodeTask> read_task(const Value& ground_truth, const Value& extra, const SourceRules& rules) {
  const auto truth = unwrapped(ground_truth);
  if (!truth) return tl::unexpected(truth.error());
  CodeTask task{.rules = rules};
  if (auto read = read_extra(extra, task); !read) return tl::unexpected(read.error());
  if (const Value* functional = truth->find("functional")) {
    const std::string* source = functional->if_string();
    if (!source || source->find_first_not_of(" \t\r\n") == source->npos) return bad("\"functional\" has to be Python source");
    task.tests = *source;
    return task;
  }
  auto tests = read_stdio(*truth);
  if (!tests) return tl::unexpected(tests.error());
  task.stdio = std::move(*tests);
  return task;
}

}  // namespace xrouter::grade::code
