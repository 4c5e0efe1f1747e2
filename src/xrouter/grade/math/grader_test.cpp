#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <string>

#include "xrouter/grade/math/math_grader.hpp"
#include "xrouter/grade/math/strict_grader.hpp"
#include "xrouter/grade/registry.hpp"

namespace xrouter::grade::math {
namespace {

GradeResult grade(const Grader& grader, const std::string& reply, const Value& key, const Value& extra = {}) {
  GradeContext context;
  return grader.grade({.data_source = "math", .response = reply, .ground_truth = key, .extra = extra}, context);
}

GradeResult strictly(const std::string& reply, const Value& key, const Dialect& dialect = strict(), Answers answers = Answers::anywhere) {
  return grade(*make_strict(dialect, answers), reply, key);
}

Value list_of(std::initializer_list<const char*> items) {
  Value::List list;
  for (const char* item : items) list.items.emplace_back(item);
  return list;
}

Value metric(const char* name) { return Value::Dict{.items = {{Value("reward_metric"), Value(name)}}}; }

TEST(StrictMath, says_why_there_is_no_score) {
  EXPECT_EQ(strictly("", "7").status, GradeStatus::no_answer);
  EXPECT_EQ(strictly("I do not know.", "7").correct, false);
  EXPECT_EQ(strictly("<think>it is \\boxed{7}", "7").status, GradeStatus::no_answer);
  EXPECT_EQ(strictly("\\boxed{9^{9^{9^9}}}", "7").status, GradeStatus::answer_limit);
  EXPECT_EQ(strictly("\\boxed{((((7)}", "7").status, GradeStatus::answer_parse_error);
  EXPECT_EQ(strictly("\\boxed{7}", Value::Dict{}).status, GradeStatus::target_error);
  EXPECT_TRUE(std::isnan(strictly("\\boxed{7}", Value::Dict{}).score));
}

TEST(StrictMath, does_not_leave_an_undecidable_answer_to_a_plain_key_unscored) {
  const GradeResult result = strictly("\\boxed{\\sqrt{9+10^{-60000}}}", "3");
  EXPECT_EQ(result.status, GradeStatus::answer_timeout);
  EXPECT_EQ(result.score, 0);
}

TEST(StrictMath, reads_only_what_follows_the_thinking) {
  EXPECT_TRUE(strictly("<think>\\boxed{8}</think>It is \\boxed{7}.", "7").correct);
  EXPECT_FALSE(strictly("<think>\\boxed{7}</think>It is \\boxed{8}.", "7").correct);
}

TEST(StrictMath, takes_the_most_explicit_answer_and_no_second_chance) {
  EXPECT_TRUE(strictly("First \\boxed{10}, then \\boxed{42}", "42").correct);
  EXPECT_FALSE(strictly("The answer is 42. \\boxed{5}", "42").correct);
  EXPECT_FALSE(strictly("Either 41 or 42. Final answer: 41. But 42 is nice", "42").correct);
  EXPECT_FALSE(strictly("Answer: 41, not 42", "42").correct);
  EXPECT_TRUE(strictly("Answer: 41, not 42", "41").correct);
  EXPECT_FALSE(strictly("\\boxed{41} or \\boxed{42}", "41").correct);
}

TEST(StrictMath, joins_neighbouring_boxes_for_a_list) {
  EXPECT_TRUE(strictly("\\boxed{-2} and \\boxed{1}", "1, -2").correct);
  EXPECT_FALSE(strictly("\\boxed{-2} is not it, but \\boxed{1} is", "1, -2").correct);
}

TEST(StrictMath, accepts_any_of_several_keys) {
  EXPECT_TRUE(strictly("\\boxed{7}", list_of({"6", "7"})).correct);
  EXPECT_FALSE(strictly("\\boxed{5}", list_of({"6", "7"})).correct);
  EXPECT_TRUE(strictly("\\boxed{27}", Value(Number{"27.0"})).correct);
}

TEST(StrictMath, can_insist_on_a_box) {
  Dialect boxed = strict();
  boxed.strict_box = true;
  EXPECT_EQ(strictly("The answer is 7", "7", boxed).status, GradeStatus::no_answer);
  EXPECT_TRUE(strictly("\\boxed{7}", "7", boxed).correct);
}

TEST(StrictMath, takes_no_answer_from_json_that_names_two) {
  const auto numeric = builtin_registry().grader_for("numeric", strict()).value();
  EXPECT_EQ(grade(*numeric, R"({"answer": 6, "answer": 5})", "5").score, 0);
  EXPECT_EQ(grade(*numeric, R"({"answer": 5})", "5").score, 1);
}

TEST(StrictMath, reads_the_answer_member_of_a_json_reply) {
  EXPECT_TRUE(strictly(R"({"reasoning": "5 + 3 = 8", "answer": "7"})", "7", strict(), Answers::json_field).correct);
  EXPECT_FALSE(strictly(R"({"reasoning": "it is 7", "answer": "8"})", "7", strict(), Answers::json_field).correct);
  EXPECT_TRUE(strictly(R"({"reasoning": "broken \( escape", "answer": "\frac{14}{2}"})", "7", strict(), Answers::json_field).correct);
  EXPECT_TRUE(strictly("So it is 7.\n#### 7,000", "7000", strict(), Answers::hashes).correct);
}

struct Attempt {
  const char* key;
  const char* reply;
  bool right = false;
};

void expect_all(std::initializer_list<Attempt> attempts, Answers answers = Answers::anywhere) {
  for (const Attempt& attempt : attempts) {
    const GradeResult result = strictly(attempt.reply, attempt.key, strict(), answers);
    EXPECT_EQ(result.correct, attempt.right) << "key [" << attempt.key << "] reply [" << attempt.reply << "] read [" << result.extracted << "] "
                                             << result.reason;
  }
}

TEST(StrictMath, takes_no_number_out_of_a_sentence_that_does_not_state_it) {
  expect_all({{"5", "The answer is not 5."}, {"5", "The final answer is 6, not 5."}, {"5", "Answer: 6 (or maybe 5)"},
              {"5", "The answer is between 4 and 5"}, {"5", "The answer is less than 5"}, {"5", "I cannot answer. Question 5"},
              {"5", "It could be 3, 4, or 5"}, {"5", "1 2 3 4 5"}, {"6", "Answer: minus 6"}, {"6", "Answer: negative 6"},
              {"6", "Answer: 6 million"}, {"6", "Answer: 6 squared"}, {"6", "Answer: 6 factorial"}, {"6", "Answer: 6 times pi"},
              {"6", "Answer: 6+"}, {"6", "Answer: 6 is wrong"}, {"6", "The answer is 5 apples and 6 pears"},
              {"6", "The answer is from 5 to 6"}, {"6", "x is 5 or x is 6"}, {"6", "Answer: cannot be determined from 6"},
              {"6", "The roots are $5$ and $6$."}, {"6", "Answer: it is not true that x is 6"}, {"6", "Answer: not $6$"},
              {"6", "$x$ is $5$ or $x$ is $6$"}, {"6", "Answer: twice 6"}, {"6", "Answer: minus $6$"}, {"6", "It could be 6."},
              {"6", "Answer: 5=6"}, {"6", "Answer: anything but $6$"}, {"6", "Answer: $6$ squared"}, {"6", "All but 6"}, {"6", "Answer: it is never $6$"}});
}

TEST(StrictMath, still_reads_a_sentence_that_states_one_value) {
  expect_all({{"6", "The final answer is 6, not 5.", true}, {"6", "Answer: the volume of $ABC$ is 6.", true}, {"6", "Answer: 6 apples", true},
              {"6", "So we get 2 + 4 = 6.", true}, {"6", "First 2 + 2 is 4. Then it is 6.", true}, {"6", "It is $6$.", true},
              {"5, 6", "The roots are $5$ and $6$.", true}, {"6", "Answer: **6** dollars", true}, {"6", "Thus\n\\[\nx = 6\n\\]", true},
              {"6", "Answer: $6 each", true},
              {"6", "Therefore the final value is **6**.", true}, {"6", "She has 6 apples left.", true}, {"9", "3**2", true},
              {"6", "Answer: the most points that could be in a row is 6", true}, {"6", "2 + 4 is what it adds up to Therefore, it is 6", true}, {"6", "6 because geometry proves it", true}, {"-6", "The answer is -6.", true}});
}

TEST(StrictMath, reads_hashes_and_members_as_strictly_as_sentences) {
  expect_all({{"5", "#### not 5"}, {"5", "#### 4 to 5"}, {"5", "#### 5 apples", true}, {"5", "#### $5", true}}, Answers::hashes);
  expect_all({{"5", R"({"answer":"not 5"})"}, {"5", R"({"answer": null} 5)"}, {"5", R"({"answer": ""} but 5)"}, {"5", R"({"reasoning": "it's 5"})"},
              {"5", R"({"reasoning": "it's 5)"}, {"5", R"({"answer": true} 5)"}, {"5", R"({"answer": {"x": 5}})"},
              {"5", R"({"reasoning": "a \( b", "answer": null} 5)"}, {"5", R"({"reasoning": "a \( b", "answer": 5})", true},
              {"5", R"({"answer": 5})", true}, {"5", R"({"answer": "5 hours"})", true}, {"5", "It is 5.", true}, {"6", R"(The "answer" is 6)", true}},
             Answers::json_field);
}

TEST(StrictMath, reads_different_boxes_on_one_line_as_no_single_answer) {
  expect_all({{"5", "\\boxed{6} and \\boxed{5}"}, {"5", "\\boxed{6}\\boxed{5}"}, {"5", "\\boxed{\\phantom{5}}"},
              {"5", "\\boxed{5} or \\boxed{x=5}", true}, {"5", "\\boxed{6}\n\\boxed{5}", true}, {"5", "\\boxed{6}, wait: \\boxed{5}", true}});
}

TEST(StrictMath, knows_the_other_tags_of_thinking) {
  expect_all({{"5", "<thinking>\\boxed{5}</thinking>"}, {"5", "<thinking>\\boxed{5}"}, {"5", "<think >\\boxed{5}"},
              {"5", "<|begin_of_thought|>\\boxed{5}"}, {"5", "<Thinking>\\boxed{6}</Thinking> \\boxed{5}", true},
              {"5", "<|begin_of_thought|>6<|end_of_thought|>\\boxed{5}", true}});
}

TEST(StrictMath, grades_ten_megabytes_in_bounded_time) {
  for (const std::string& piece :
       {std::string("\\boxed{"), std::string("{{{{{{{{"), std::string("$x$ is 5. "), std::string("answer is ")}) {
    std::string reply;
    while (reply.size() < 10'000'000) reply += piece;
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_FALSE(strictly(reply, "7").correct);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20)) << piece;
  }
}

TEST(StrictMath, checks_keys_when_they_are_loaded) {
  const auto grader = make_strict(strict(), Answers::anywhere);
  EXPECT_TRUE(grader->validate("\\frac12", {}));
  EXPECT_TRUE(grader->validate("all odd numbers", {}));
  EXPECT_FALSE(grader->validate("  ", {}));
  EXPECT_FALSE(grader->validate(Value(), {}));
  EXPECT_FALSE(grader->validate(std::string(20'000, '7'), {}));
}

TEST(MathByMetric, asks_for_a_second_opinion_only_where_the_rule_says_no) {
  int asked = 0;
  const auto judged = make_math(strict(), [&](const GradeRequest&, const std::string& answer, GradeContext&) {
    ++asked;
    return graded(answer == "seven", answer);
  });
  EXPECT_TRUE(grade(*judged, "\\boxed{7}", "7", metric("math_llm_judge")).correct);
  EXPECT_EQ(asked, 0);
  EXPECT_TRUE(grade(*judged, "\\boxed{seven}", "7", metric("math_llm_judge")).correct);
  EXPECT_FALSE(grade(*judged, "\\boxed{eight}", "7", metric("math_llm_judge")).correct);
  EXPECT_EQ(asked, 2);
  EXPECT_FALSE(grade(*judged, "\\boxed{seven}", "7").correct);
  EXPECT_FALSE(grade(*judged, "", "7", metric("math_llm_judge")).correct);
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(grade(*make_math(strict()), "\\boxed{seven}", "7", metric("math_llm_judge")).status, GradeStatus::unsupported);
}

TEST(MathRows, know_every_mathematics_source_of_the_seed) {
  const auto registry = Registry::make(math_rows());
  ASSERT_TRUE(registry);
  for (const char* source : {"math__aime_repeated_8x", "math__math", "math_dapo", "nvidia/OpenScience", "openai/gsm8k", "lighteval/MATH",
                             "DigitalLearningGmbH/MATH-lighteval", "aime24", "numina_olympiads", "hiyouga/geometry3k", "searchR1_nq",
                             "numeric", "math_expr", "minerva_math", "olympiadbench", "amc23"}) {
    for (const Dialect& dialect : {strict(), xrouter_compat()}) {
      const auto grader = registry->grader_for(source, dialect);
      ASSERT_TRUE(grader) << source;
      const bool tagged = std::string_view(source).starts_with("searchR1");
      const bool hashed = std::string_view(source).ends_with("gsm8k");
      const bool announced = std::string_view(source).starts_with("aime");
      const std::string reply = tagged ? "<answer>7</answer>" : hashed ? "#### 7" : announced ? "Answer: 7" : "\\boxed{7}";
      EXPECT_GE(grade(**grader, reply, "7").score, 0.9) << source << " " << dialect.name;
      EXPECT_EQ(grade(**grader, "", "7").score, 0) << source << " " << dialect.name;
    }
  }
  EXPECT_FALSE(registry->grader_for("moth", strict()));
}

}  // namespace
}  // namespace xrouter::grade::math
