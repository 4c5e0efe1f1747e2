// Graders of function calling: bfcl_ast (the wanted calls) and no_call (relevance: none is wanted).
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "xrouter/grade/calls/call_text.hpp"
#include "xrouter/grade/calls/match.hpp"
#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/registry.hpp"

namespace xrouter::grade {
namespace {

using calls::FunctionCall;
using calls::WantedCall;

const Value* function_named(const Value& functions, std::string_view name) {
  if (functions.if_dict()) {
    const Value* own = functions.find("name");
    return own && own->if_string() && *own->if_string() == name ? &functions : nullptr;
  }
  if (!functions.if_list()) return nullptr;
  for (const Value& one : functions.if_list()->items) {
    const Value* own = one.find("name");
    if (own && own->if_string() && *own->if_string() == name) return &one;
  }
  return nullptr;
}

// Several wanted calls of one function are told apart by a suffix: "area_1", "area_2", also "area 1".
std::string_view without_suffix(std::string_view name) {
  const std::size_t at = name.find_last_of("_ ");
  const std::string_view digits = at == std::string_view::npos ? "" : name.substr(at + 1);
  const bool numbered = !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
  return numbered ? name.substr(0, at) : name;
}

Result<std::vector<WantedCall>> wanted_calls(const Value& gold, const Value& extra) {
  const Value* functions = extra.find("functions");
  if (!functions) return fail(ErrorKind::config, "the question has no 'functions'");
  if (!gold.if_dict() || gold.if_dict()->items.empty()) return fail(ErrorKind::config, "the ground truth must be an object of functions");
  std::vector<WantedCall> wanted;
  for (const auto& [key, allowed] : gold.if_dict()->items) {
    const std::string name = key.if_string() ? *key.if_string() : "";
    const Value* schema = function_named(*functions, name);
    const std::string_view bare = schema ? std::string_view(name) : without_suffix(name);
    if (!schema) schema = function_named(*functions, bare);
    if (!schema || !schema->find("parameters")) return fail(ErrorKind::config, fmt::format("the ground truth calls '{}', which 'functions' does not declare", name));
    if (!allowed.if_dict()) return fail(ErrorKind::config, fmt::format("the ground truth of '{}' must be an object of allowed values", name));
    wanted.push_back({.function = std::string(bare), .schema = schema, .allowed = &allowed});
  }
  return wanted;
}

// Arguments of Java and JavaScript calls are source text of those languages.
bool needs_another_language(const Value& extra) {
  const Value* language = extra.find("language");
  return language && language->if_string() && *language->if_string() != "python";
}

class WantedCallsGrader final : public Grader {
 public:
  explicit WantedCallsGrader(Dialect dialect) : dialect_(std::move(dialect)) {}

  GraderInfo info() const override { return {.id = {.name = "bfcl_ast", .version = 1, .dialect = hash_of(dialect_)}}; }

  Result<void> validate(const Value& gold, const Value& extra) const override {
    auto wanted = wanted_calls(gold, extra);
    if (!wanted) return fail(wanted.error());
    return {};
  }

 private:
  GradeResult do_grade(const GradeRequest& request, GradeContext&) const override {
    if (needs_another_language(request.extra)) return ungraded(GradeStatus::unsupported, "arguments are Java or JavaScript source");
    const auto wanted = wanted_calls(request.ground_truth, request.extra);
    if (!wanted) return ungraded(GradeStatus::target_error, wanted.error().public_text);
    const auto text = extract::without_thinking(request.response, dialect_.think);
    if (!text || extract::trimmed(*text).empty()) return ungraded(GradeStatus::no_answer, "an empty reply");
    const auto calls = calls::parse_calls(*text);
    if (!calls) return ungraded(GradeStatus::answer_parse_error, calls.error().public_text, std::string(*text));
    const std::string problem = calls::mismatch(*calls, *wanted);
    return graded(problem.empty(), std::string(*text), {}, problem);
  }

  Dialect dialect_;
};

constexpr std::size_t kMaxSearchedBytes = 1 << 20;

std::vector<std::string> declared_names(const Value& extra) {
  std::vector<std::string> names;
  const auto add = [&](const Value& function) {
    const Value* name = function.find("name");
    if (name && name->if_string() && !name->if_string()->empty()) names.push_back(*name->if_string());
  };
  const Value* functions = extra.find("functions");
  if (functions && functions->if_dict()) add(*functions);
  if (functions && functions->if_list()) std::ranges::for_each(functions->if_list()->items, add);
  return names;
}

// `name(` in a code fence, brackets or a line of its own; "the function name(x) cannot" in prose is talk about it.
bool calls_on_a_line(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + name.size())) {
    if (!text.substr(at + name.size()).starts_with('(')) continue;
    const std::size_t line = at == 0 ? 0 : text.find_last_of('\n', at - 1) + 1;
    const std::string_view before = extract::trimmed(text.substr(line, at - line));
    if (before.empty() || before == "[" || before.ends_with("=")) return true;
  }
  return false;
}

// A call of a declared function somewhere in a reply.
bool holds_call(std::string_view text, const Value& extra) {
  if (text.find("<tool_call>") != std::string_view::npos) return true;
  for (const extract::Fence& fence : extract::fences(text)) {
    const auto calls = calls::parse_calls(fence.content);
    if (calls && !calls->empty()) return true;
  }
  return std::ranges::any_of(declared_names(extra), [&](const std::string& name) { return calls_on_a_line(text, name); });
}

class NoCallGrader final : public Grader {
 public:
  explicit NoCallGrader(Dialect dialect) : dialect_(std::move(dialect)) {}

  GraderInfo info() const override { return {.id = {.name = "no_call", .version = 1, .dialect = hash_of(dialect_)}}; }

  Result<void> validate(const Value& gold, const Value&) const override {
    if (gold.is_null() || (gold.if_list() && gold.if_list()->items.empty())) return {};
    return fail(ErrorKind::config, "a question of relevance wants no call: its ground truth must be [] or null");
  }

 private:
  // Saying nothing is no answer; text and an empty list decline; a call is a call, whatever stands around it.
  GradeResult do_grade(const GradeRequest& request, GradeContext&) const override {
    const auto text = extract::without_thinking(request.response, dialect_.think);
    if (!text || extract::trimmed(*text).empty()) return ungraded(GradeStatus::no_answer, "an empty reply");
    if (text->size() > kMaxSearchedBytes) return ungraded(GradeStatus::answer_limit, "the reply is longer than 1 MiB");
    const auto calls = calls::parse_calls(*text);
    const bool called = (calls && !calls->empty()) || holds_call(*text, request.extra);
    return graded(!called, std::string(*text), {}, called ? "a function is called" : "");
  }

  Dialect dialect_;
};

template <class G>
std::unique_ptr<Grader> made(const Dialect& dialect, std::string_view) {
  return std::make_unique<G>(dialect);
}

}  // namespace

std::vector<RegistryRow> calls_rows() {
  return {
      {.key = "bfcl_ast", .match = Match::exact, .make = made<WantedCallsGrader>, .about = "function calls against allowed values (BFCL AST match)"},
      {.key = "no_call", .match = Match::exact, .make = made<NoCallGrader>, .about = "no function fits and none may be called (BFCL relevance)"},
  };
}

}  // namespace xrouter::grade
