#include "xrouter/grade/batch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace xrouter::grade {
namespace {

using ::testing::HasSubstr;

// Right when the response is the ground truth; "?" is a fault of the machine.
class SameText final : public Grader {
 public:
  GraderInfo info() const override { return {.id = {.name = "same"}}; }
  Result<void> validate(const Value& gold, const Value&) const override {
    if (gold.if_string()) return {};
    return fail(ErrorKind::config, "the ground truth must be a text");
  }
  GradeResult do_grade(const GradeRequest& request, GradeContext&) const override {
    if (request.response == "?") return ungraded(GradeStatus::infrastructure_error, "a fault");
    return graded(request.response == *request.ground_truth.if_string(), std::string(request.response));
  }
};

Registry registry() {
  RegistryRow row{.key = "same", .match = Match::prefix, .make = [](const Dialect&, std::string_view) { return std::make_unique<SameText>(); }, .about = ""};
  return *Registry::make({std::move(row)});
}

Answer answer(std::string response, Value gold = "yes") {
  return {.id = "a", .data_source = "same_text", .response = std::move(response), .ground_truth = std::move(gold)};
}

TEST(Batch, keeps_the_order_for_any_number_of_workers) {
  std::vector<Answer> answers;
  for (int i = 0; i < 500; ++i) answers.push_back(answer(i % 3 == 0 ? "yes" : "no"));
  GradeContext context;
  std::size_t last = 0;
  for (const int workers : {1, 2, 7}) {
    const auto results = grade_all(answers, registry(), context, {.workers = workers, .progress = [&](std::size_t done) { last = done; }});
    ASSERT_TRUE(results.has_value());
    for (std::size_t i = 0; i < answers.size(); ++i) EXPECT_EQ(results->at(i).correct, i % 3 == 0) << i;
    EXPECT_EQ(last, answers.size());
  }
}

TEST(Batch, an_unscored_answer_is_not_a_zero) {
  GradeContext context;
  const auto results = grade_all({answer("?")}, registry(), context, {});
  EXPECT_TRUE(std::isnan(results->at(0).score));
  EXPECT_THAT(to_json(answer("?"), results->at(0)), HasSubstr(R"("score":null)"));
}

TEST(Batch, finds_unknown_sources_and_bad_ground_truths_before_it_starts) {
  GradeContext context;
  Answer unknown = answer("yes");
  unknown.data_source = "smae";
  EXPECT_THAT(grade_all({unknown}, registry(), context, {}).error().public_text, HasSubstr("did you mean 'same'?"));
  const auto bad = grade_all({answer("yes"), answer("yes", 1), answer("yes", nullptr)}, registry(), context, {});
  EXPECT_THAT(bad.error().public_text, HasSubstr("must be a text (and 1 more"));
}

TEST(Batch, reads_a_line_under_either_name) {
  const auto a = parse_answer(R"({"id": 7, "data_source": "s", "answer": "x", "gold": [1.50], "extra_info": {"k": 1}})", 3, "");
  ASSERT_TRUE(a.has_value()) << a.error().describe();
  EXPECT_EQ(a->id, "7");
  EXPECT_EQ(to_json(a->ground_truth), "[1.50]");
  EXPECT_NE(a->extra.find("k"), nullptr);
  EXPECT_EQ(parse_answer(R"({"response": "x", "ground_truth": "y"})", 3, "s")->id, "line 3");
}

TEST(Batch, says_what_is_wrong_with_a_line) {
  for (const auto& [line, problem] : {std::pair("[]", "object"), std::pair("{", "byte"), std::pair(R"({"response": "x", "ground_truth": 1})", "data_source"),
                                      std::pair(R"({"data_source": "s", "ground_truth": 1})", "response"), std::pair(R"({"data_source": "s", "response": "x"})", "ground_truth")}) {
    const auto parsed = parse_answer(line, 1, "");
    ASSERT_FALSE(parsed.has_value()) << line;
    EXPECT_THAT(parsed.error().public_text, HasSubstr(problem));
  }
}

TEST(Registry, exact_keys_come_first_then_the_longest_prefix) {
  std::string made;
  const auto row = [&](const char* key, Match match) {
    return RegistryRow{.key = key, .match = match, .make = [&made, key, match](const Dialect&, std::string_view) { made = std::string(key) + (match == Match::exact ? "!" : "*"); return std::make_unique<SameText>(); }, .about = ""};
  };
  const auto table = Registry::make({row("a", Match::prefix), row("a__b", Match::prefix), row("a__b_c", Match::exact)});
  for (const auto& [name, expected] : {std::pair("a__b_c", "a__b_c!"), std::pair("a__b_cd", "a__b*"), std::pair("a__x", "a*")}) {
    ASSERT_TRUE(table->grader_for(name, strict()).has_value());
    EXPECT_EQ(made, expected);
  }
  EXPECT_FALSE(table->grader_for("b", strict()).has_value());
}

TEST(Registry, every_grade_names_the_grader_that_gave_it) {
  const Value none;
  for (const RegistryRow& row : builtin_registry().rows()) {
    for (const Dialect& dialect : {strict(), xrouter_compat()}) {
      GradeContext context;
      const auto grader = row.make(dialect, row.key);
      const GradeResult result = grader->grade({.data_source = row.key, .response = "x", .ground_truth = none, .extra = none}, context);
      EXPECT_FALSE(result.grader.name.empty()) << row.key;
      EXPECT_EQ(result.grader, grader->info().id) << row.key;
    }
  }
}

TEST(Registry, two_graders_for_one_key_are_an_error) {
  const auto row = [](Match match) { return RegistryRow{.key = "a", .match = match, .make = {}, .about = ""}; };
  EXPECT_FALSE(Registry::make({row(Match::exact), row(Match::exact)}).has_value());
  EXPECT_TRUE(Registry::make({row(Match::exact), row(Match::prefix)}).has_value());
}

TEST(Dialects, every_field_changes_the_hash_and_the_name_does_not) {
  const Dialect base = strict();
  Dialect changed = base;
  changed.name = "other";
  EXPECT_EQ(hash_of(base), hash_of(changed));
  EXPECT_NE(hash_of(base), hash_of(xrouter_compat()));
  changed.rel_tol = 1e-6;
  EXPECT_NE(hash_of(base), hash_of(changed));
  changed = base;
  changed.significant_digits = 5;
  EXPECT_NE(hash_of(base), hash_of(changed));
}

TEST(GradeResults, cut_texts_between_characters) {
  std::string text(4095, 'a');
  text += "\xC3\xA9";  // é over the border
  EXPECT_EQ(graded(true, text).extracted, std::string(4095, 'a'));
}

}  // namespace
}  // namespace xrouter::grade
