// What the seed's graders returned, bug for bug, for the data sources of this family and of multiple choice.
#include <gtest/gtest.h>

#include <fstream>

#include "xrouter/grade/registry.hpp"

namespace xrouter::grade::structured {
namespace {

// Judged by the families of mathematics, programs and instructions, which check these rows themselves.
bool is_elsewhere(std::string_view source) {
  for (const std::string_view prefix : {"math__", "aime", "openai/gsm8k", "codegen__", "simulation__cruxeval", "ood__"}) {
    if (source.starts_with(prefix)) return true;
  }
  return false;
}

std::string as_text(const GradeResult& result) {
  return is_scored(result.status) ? to_python(Value(Number{std::to_string(result.score)})) : result.reason;
}

std::string as_text(const Value& observed) {
  if (const Number* score = observed.if_number()) return to_python(*score);
  return "the seed raises " + observed.if_string()->substr(std::string_view("exception:").size());
}

TEST(StructuredVectors, repeat_the_seed_bug_for_bug) {
  std::vector<RegistryRow> rows = structured_rows();
  for (RegistryRow& row : choice_rows()) rows.push_back(std::move(row));
  const Registry registry = Registry::make(std::move(rows)).value();
  std::ifstream file(XROUTER_SOURCE_DIR "/tests/vectors/graders/structured_observed.jsonl");
  int checked = 0;
  for (std::string line; std::getline(file, line);) {
    const Value row = parse_json(line).value();
    const std::string source = *row.find("data_source")->if_string();
    if (is_elsewhere(source)) continue;
    ++checked;
    GradeContext context;
    const GradeRequest request{.data_source = source, .response = *row.find("response")->if_string(), .ground_truth = *row.find("ground_truth"), .extra = *row.find("extra_info")};
    const GradeResult result = registry.grader_for(source, xrouter_compat()).value()->grade(request, context);
    EXPECT_EQ(as_text(result), as_text(*row.find("xr_observed_score"))) << line;
  }
  EXPECT_EQ(checked, 41);
}

}  // namespace
}  // namespace xrouter::grade::structured
