// IFEval's and IFBench's own tests, and real replies labelled by the original checkers.
#include <algorithm>
#include <map>

#include "xrouter/grade/follow/follow_grader.hpp"
#include "xrouter/grade/follow/instructions.hpp"
#include "xrouter/grade/follow/test_support.hpp"
#include "xrouter/grade/registry.hpp"

namespace xrouter::grade::follow {
namespace {

const std::string kFolder = XROUTER_SOURCE_DIR "/tests/vectors/graders/";

Value one_instruction(const Value& row) {
  return Value::Dict{{{Value("instruction_id_list"), Value(Value::List{.items = {*row.find("instruction_id")}})}}};
}

GradeResult graded_row(const Value& row, const Grader& grader) {
  GradeContext context;
  const Value truth = Value::List{.items = {*row.find("kwargs")}};
  const Value extra = one_instruction(row);
  const std::string reply = string_in(row, "response");
  return grader.grade({.data_source = "ifeval", .response = reply, .ground_truth = truth, .extra = extra}, context);
}

struct Agreement {
  std::size_t agreed = 0;
  std::size_t unsupported = 0;
};

Agreement agreement_on(const std::string& file, KindSet set, const Dialect& dialect) {
  const auto grader = make_follow_grader(set, dialect);
  Agreement out;
  for (const Value& row : vector_rows(kFolder + file)) {
    const GradeResult result = graded_row(row, *grader);
    if (result.status == GradeStatus::unsupported) {
      ++out.unsupported;
      continue;
    }
    EXPECT_TRUE(is_scored(result.status)) << result.reason << to_json(row);
    EXPECT_EQ(result.correct, flag_in(row, "expected"))
        << string_in(row, "id") << ' ' << string_in(row, "instruction_id") << ' ' << to_json(*row.find("kwargs")) << '\n'
        << string_in(row, "response");
    out.agreed += result.correct == flag_in(row, "expected") ? 1 : 0;
  }
  return out;
}

TEST(FollowVectors, agree_with_the_unit_tests_of_ifeval) {
  for (const Dialect& dialect : {strict(), xrouter_compat()}) {
    const Agreement agreement = agreement_on("ifeval_unit.jsonl", KindSet::ifeval, dialect);
    EXPECT_EQ(agreement.agreed, 52U);
    EXPECT_EQ(agreement.unsupported, 4U);  // three checkers that IFEval itself does not register
  }
}

TEST(FollowVectors, agree_with_the_original_on_every_real_reply) {
  for (const Dialect& dialect : {strict(), xrouter_compat()}) {
    const Agreement agreement = agreement_on("ifeval_real.jsonl", KindSet::ifeval, dialect);
    EXPECT_EQ(agreement.agreed, 398U);
    EXPECT_EQ(agreement.unsupported, 0U);
  }
}

TEST(FollowVectors, agree_with_the_unit_tests_of_ifbench) {
  const Agreement agreement = agreement_on("ifbench_unit.jsonl", KindSet::ifbench, strict());
  EXPECT_EQ(agreement.agreed, 63U);
  EXPECT_EQ(agreement.unsupported, 0U);
}

TEST(FollowVectors, repeat_what_the_seed_returned) {
  std::size_t seen = 0;
  for (const Value& row : vector_rows(kFolder + "structured_observed.jsonl")) {
    const std::string source = string_in(row, "data_source");
    if (source != "ood__ifbench" && source != "ood__ifeval") continue;
    ++seen;
    const auto grader = builtin_registry().grader_for(source, xrouter_compat()).value();
    GradeContext context;
    const std::string reply = string_in(row, "response");
    const GradeResult result = grader->grade(
        {.data_source = source, .response = reply, .ground_truth = *row.find("ground_truth"), .extra = *row.find("extra_info")}, context);
    const Number* score = row.find("xr_observed_score")->if_number();
    EXPECT_EQ(is_scored(result.status), score != nullptr) << to_json(row);
    if (score != nullptr) {
      EXPECT_EQ(result.score, score->to_double()) << to_json(row);
    }
  }
  EXPECT_EQ(seen, 2U);
}

// 65 kinds and tasks of the seed bug for bug, 55 kinds of IFBench 2025 by the strict rules: 120 in all.
TEST(FollowVectors, score_random_replies_as_the_originals_do) {
  std::map<std::string, std::pair<int, int>> wrong_and_right;
  for (const Value& row : vector_rows(XROUTER_SOURCE_DIR "/tests/vectors/follow/observed.jsonl")) {
    const std::string source = string_in(row, "data_source");
    const auto grader = builtin_registry().grader_for(source, source == "ifbench" ? strict() : xrouter_compat()).value();
    GradeContext context;
    const std::string reply = string_in(row, "response");
    const GradeResult result = grader->grade(
        {.data_source = source, .response = reply, .ground_truth = *row.find("ground_truth"), .extra = *row.find("extra_info")}, context);
    EXPECT_NEAR(result.score, number_in(row, "score"), 1e-12) << to_json(row);
    auto& [wrong, right] = wrong_and_right[string_in(row, "tag")];
    ++(result.correct ? right : wrong);
  }
  const auto both =
      std::ranges::count_if(wrong_and_right, [](const auto& entry) { return entry.second.first > 0 && entry.second.second > 0; });
  EXPECT_EQ(wrong_and_right.size(), 120U);
  EXPECT_GE(both, 105);
}

}  // namespace
}  // namespace xrouter::grade::follow
