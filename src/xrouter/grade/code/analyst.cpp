#include "xrouter/grade/code/analyst.hpp"

#include "xrouter/grade/code/driver_text.hpp"

namespace xrouter::grade::code {
namespace {

constexpr std::chrono::seconds kLimit{20};

tl::unexpected<Error> failed(const Answer& answer, ErrorKind kind, const char* what) {
  if (answer.status == TestStatus::infrastructure_error) kind = ErrorKind::io;
  return fail(kind, std::string(what) + ": " + std::string(to_text(answer.status)), answer.problem);
}

std::string text_or_empty(const Value* value) {
  const std::string* text = value ? value->if_string() : nullptr;
  return text ? *text : std::string{};
}

int int_or(const Value* value, int otherwise) {
  const Number* number = value ? value->if_number() : nullptr;
  const auto whole = number ? number->to_int64() : std::nullopt;
  return whole ? static_cast<int>(*whole) : otherwise;
}

Result<TestCall> read_call(const Value& json) {
  TestCall call{.args = text_or_empty(json.find("args"))};
  if (const Value* target = json.find("target")) {
    call.name = text_or_empty(target->find("name"));
    call.of = int_or(target->find("of"), -1);
    call.attribute = text_or_empty(target->find("attr"));
  }
  const Value* keep = json.find("keep");
  call.keep = keep && keep->if_bool() && *keep->if_bool();
  const Value* expects = json.find("expects");
  if (!expects || !expects->if_list()) return fail(ErrorKind::io, "the analyst's reply is malformed");
  for (const Value& expect : expects->if_list()->items) {
    auto read = read_expectation(expect);
    if (!read) return tl::unexpected(read.error());
    call.expectations.push_back(std::move(*read));
  }
  return call;
}

}  // namespace

Result<Analyst> Analyst::start(sandbox::Sandbox& sandbox) {
  auto side = PythonSide::start(sandbox, kAnalystText, kLimit);
  if (!side) return tl::unexpected(side.error());
  return Analyst(std::move(*side));
}

Result<TestPlan> Analyst::plan(const std::string& tests, const std::string& prefix) {
  const Answer answer = side_.ask(Request("convert").text(tests).text(prefix), kLimit);
  if (answer.status != TestStatus::pass) return failed(answer, ErrorKind::config, "the tests cannot be read");
  TestPlan plan{.certain_asserts = int_or(answer.value.find("asserts"), 0), .refused = text_or_empty(answer.value.find("refused"))};
  if (const Value* names = answer.value.find("names"); names && names->if_list()) {
    for (const Value& name : names->if_list()->items) plan.names.push_back(text_or_empty(&name));
  }
  const Value* calls = plan.refused.empty() ? answer.value.find("calls") : nullptr;
  if (!calls || !calls->if_list()) return plan;
  for (const Value& json : calls->if_list()->items) {
    auto call = read_call(json);
    if (!call) return tl::unexpected(call.error());
    plan.calls.push_back(std::move(*call));
  }
  return plan;
}

Result<std::optional<ChosenProgram>> Analyst::choose(const std::vector<std::string>& texts, const std::vector<std::string>& names,
                                                     const std::string& entry, bool bare) {
  const Answer answer = side_.ask(Request("choose").texts(texts).texts(names).text(entry).number(bare ? 1 : 0), kLimit);
  if (answer.status != TestStatus::pass) return failed(answer, ErrorKind::invalid_request, "the reply's program cannot be read");
  const int index = int_or(answer.value.find("chosen"), -1);
  if (index < 0) return std::nullopt;
  return ChosenProgram{index, text_or_empty(answer.value.find("text"))};
}

}  // namespace xrouter::grade::code
