// The multiple-choice vectors: every unit row of the strict rules, every recorded MMLU-Pro reply of the published one.
#include <gtest/gtest.h>

#include <fstream>

#include "xrouter/grade/choice/chosen.hpp"
#include "xrouter/grade/registry.hpp"

namespace xrouter::grade::choice {
namespace {

std::vector<Value> rows_of(bool mmlu_pro) {
  std::ifstream file(XROUTER_SOURCE_DIR "/tests/vectors/graders/mcq.jsonl");
  std::vector<Value> rows;
  for (std::string line; std::getline(file, line);) {
    Value row = parse_json(line).value();
    if ((*row.find("source")->if_string() == "TIGER-AI-Lab/MMLU-Pro") == mmlu_pro) rows.push_back(std::move(row));
  }
  return rows;
}

std::string text_of(const Value& row, std::string_view name) {
  const Value* field = row.find(name);
  return field && field->if_string() ? *field->if_string() : "";
}

// The row's own words for what is offered, or four letters as its upstream tests use.
Value extra_of(const Value& row) {
  Value::Dict extra;
  for (const char* name : {"options", "choices", "n_options"}) {
    if (const Value* field = row.find(name)) extra.items.emplace_back(Value(name), *field);
  }
  if (extra.items.empty()) extra.items.emplace_back(Value("n_options"), Value(4));
  return extra;
}

GradeResult grade(const Value& row, const Value& truth, const Dialect& dialect = strict()) {
  static const Registry registry = Registry::make(choice_rows()).value();
  const Value extra = extra_of(row);
  const std::string reply = text_of(row, "response");
  GradeContext context;
  return registry.grader_for("choice", dialect).value()->grade({.data_source = "choice", .response = reply, .ground_truth = truth, .extra = extra}, context);
}

TEST(ChoiceVectors, hold_for_every_unit_row) {
  const auto rows = rows_of(false);
  ASSERT_EQ(rows.size(), 22U);
  for (const Value& row : rows) {
    SCOPED_TRACE(to_json(row));
    if (const Value* expected = row.find("expected_match")) {
      EXPECT_EQ(grade(row, *row.find("gold")).correct, *expected->if_bool());
      continue;
    }
    const GradeResult result = grade(row, "A");
    EXPECT_EQ(result.normalized, text_of(row, "expected_letter"));
    EXPECT_EQ(result.status == GradeStatus::no_answer, row.find("expected_letter")->is_null());
  }
}

TEST(ChoiceVectors, hold_for_every_recorded_reply_under_the_published_rule) {
  const auto rows = rows_of(true);
  ASSERT_EQ(rows.size(), 131U);
  int strict_same = 0, strict_none = 0, announced = 0, announced_same = 0;
  for (const Value& row : rows) {
    const std::string expected = text_of(row, "expected_letter");
    EXPECT_EQ(grade(row, "A", xrouter_compat()).normalized, expected) << to_json(row);
    const GradeResult result = grade(row, "A");
    const bool same = result.normalized == expected;
    const bool is_announced = text_of(row, "expected_basis").find("level l1") != std::string::npos;
    strict_same += same ? 1 : 0;
    strict_none += result.status == GradeStatus::no_answer ? 1 : 0;
    announced += is_announced ? 1 : 0;
    announced_same += is_announced && same ? 1 : 0;
  }
  std::cout << "strict agrees with the published letter in " << strict_same << " of " << rows.size() << " replies, finds none in " << strict_none
            << "; where the letter is announced, in " << announced_same << " of " << announced << "\n";
  EXPECT_EQ(announced_same, announced);
}

}  // namespace
}  // namespace xrouter::grade::choice
