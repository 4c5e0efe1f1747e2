// Any reply through every grader of letters and shapes: scores and statuses agree, and nothing right
// comes from a reply whose thinking never ends.
#include <cmath>
#include <cstdint>

#include "xrouter/base/assert.hpp"
#include "xrouter/grade/registry.hpp"

using namespace xrouter::grade;

namespace {

struct Source {
  std::string_view name;
  Value truth;
};

const std::vector<Source>& sources() {
  static const std::vector<Source> all = {
      {"choice", "B"},
      {"stem__gpqa_no_box", "B"},
      {"stem__supergpqa", "B"},
      {"logic__zebra_puzzle", parse_json(R"({"header": ["a", "b"], "rows": [["1", "x"], ["2", "y"]]})").value()},
      {"logic__ordering_puzzle", parse_json(R"(["a", "b"])").value()},
      {"logic__graph", "abc"},
      {"simulation__arcagi", parse_json("[[0]]").value()},
      {"table__hitab", "$5|10.5"},
      {"bbeh", "(a)"},
      {"py_literal", "[1, 'a']"},
  };
  return all;
}

GradeResult grade(const Source& source, std::string_view reply, const Dialect& dialect) {
  static const Registry& registry = builtin_registry();
  GradeContext context;
  const Value extra;
  const auto grader = registry.grader_for(source.name, dialect).value();
  return grader->grade({.data_source = source.name, .response = reply, .ground_truth = source.truth, .extra = extra}, context);
}

void check(const GradeResult& result) {
  XROUTER_ASSERT(is_scored(result.status) == !std::isnan(result.score), "unscored is not a number, and only that");
  XROUTER_ASSERT(!result.correct || result.score == 1.0, "what is right scores 1");
  XROUTER_ASSERT(result.status == GradeStatus::scored || !(result.score > 0), "without an answer nothing is scored");
  XROUTER_ASSERT(result.extracted.size() <= 4096 && result.reason.size() <= 4096, "texts are cut to size");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view reply(reinterpret_cast<const char*>(data), size);
  for (const Source& source : sources()) {
    const GradeResult result = grade(source, reply, strict());
    check(result);
    check(grade(source, reply, xrouter_compat()));
    const std::string thinking = "</think><think>" + std::string(reply);
    const bool ends = reply.find("</think>") != std::string_view::npos;
    XROUTER_ASSERT(ends || !grade(source, thinking, strict()).correct, "thoughts are no answer");
  }
  return 0;
}
