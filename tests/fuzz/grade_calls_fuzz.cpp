// Function calls and verdicts in replies from any model: never a crash, never a long time.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "xrouter/grade/calls/call_text.hpp"
#include "xrouter/grade/judge/judge.hpp"
#include "xrouter/grade/registry.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace xrouter::grade;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)verdict_of(text);
  (void)calls::parse_calls(text);
  static const Value gold = *parse_json(R"({"f_1": {"x": [1, ""], "y": [{"a": [2]}]}, "f_2": {"x": [[1, "b"]]}})");
  static const Value extra = *parse_json(R"({"functions": {"name": "f", "parameters": {"properties": {"x": {"type": "any"}, "y": {"type": "dict"}}}}})");
  static const auto grader = *builtin_registry().grader_for("bfcl_ast", strict());
  GradeContext context;
  const GradeResult result = grader->grade({.data_source = "bfcl_ast", .response = text, .ground_truth = gold, .extra = extra}, context);
  if (!is_scored(result.status)) std::abort();
  return 0;
}
