#include <gtest/gtest.h>

#include <cmath>

#include "xrouter/grade/follow/test_support.hpp"
#include "xrouter/grade/live/difflib.hpp"
#include "xrouter/grade/live/live_grader.hpp"
#include "xrouter/grade/live/marks.hpp"
#include "xrouter/grade/registry.hpp"

namespace xrouter::grade::live {
namespace {

GradeResult grade(std::string_view task, const Value& gold, std::string_view reply, const Dialect& dialect = strict(),
                  std::string_view date = "") {
  const Value extra = Value::Dict{{{Value("task"), Value(task)}, {Value("date"), Value(date)}}};
  GradeContext context;
  const auto grader = builtin_registry().grader_for("ood__livebench", dialect).value();
  return grader->grade({.data_source = "ood__livebench", .response = reply, .ground_truth = gold, .extra = extra}, context);
}

double strict_score(std::string_view task, const Value& gold, std::string_view reply) { return grade(task, gold, reply).score; }
double seed_score(std::string_view task, const Value& gold, std::string_view reply) {
  return grade(task, gold, reply, xrouter_compat()).score;
}

TEST(Difflib, finds_the_ratios_that_python_finds) {
  const auto rows = follow::vector_rows(XROUTER_SOURCE_DIR "/tests/vectors/language/golden.jsonl");
  follow::Text previous;
  std::size_t junked = 0;
  for (const Value& row : rows) {
    const follow::Text text = follow::decode(follow::string_in(row, "text"));
    Steps steps;
    EXPECT_DOUBLE_EQ(similarity(previous, text, steps).value(), follow::number_in(row, "ratio")) << follow::string_in(row, "text");
    junked += text.size() >= 200 ? 1 : 0;
    previous = text;
  }
  EXPECT_GT(junked, 50U);
}

TEST(Difflib, gives_up_in_time) {
  Steps steps{.left = 1'000'000};
  EXPECT_FALSE(similarity(follow::Text(100'000, U'a'), follow::Text(150, U'a'), steps));
}

TEST(Difflib, of_equally_close_texts_takes_the_greatest_and_of_the_same_the_first) {
  const std::vector<follow::TextView> choices{U"axc", U"ayc", U"ayc", U"zzz"};
  Steps steps;
  EXPECT_EQ(closest(U"abc", choices, steps), 1U);
}

TEST(Marks, bold_parts_are_those_of_the_pattern_with_a_back_reference) {
  const auto parts = [](TextView text) {
    std::vector<std::pair<std::string, std::string>> out;
    for (const Bold& bold : starred_parts(text)) out.emplace_back(follow::encode(bold.stars), follow::encode(bold.text));
    return out;
  };
  using Parts = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(parts(U"a **b** c ***d*** **e\n** **f**"), (Parts{{"**", "b"}, {"***", "d"}, {"**", " "}}));
  EXPECT_EQ(parts(U"***a** b"), (Parts{{"**", "*a"}}));
  EXPECT_EQ(parts(U"****"), (Parts{{"**", ""}}));
  EXPECT_EQ(parts(U"**a***b**"), (Parts{{"**", "a"}}));
  EXPECT_EQ(parts(U"*a*"), Parts{});
}

TEST(LiveBench, column_types_are_named_at_the_end_or_in_a_box) {
  EXPECT_EQ(strict_score("cta", "City-Name", "I think it is: **city name**"), 1);
  EXPECT_EQ(strict_score("cta", "City", "\\boxed{\\text{city}} of course"), 1);
  EXPECT_EQ(strict_score("cta", "City", "city or country"), 0);
  EXPECT_EQ(grade("cta", "--", "x").status, GradeStatus::target_error);
}

TEST(LiveBench, table_joins_are_scored_by_their_pairs) {
  const Value gold("{'a': 'x', 'b': 'y', 'c': None}");
  EXPECT_EQ(strict_score("tablejoin", gold, "{'a': 'x', 'b': 'y'}"), 1);
  EXPECT_EQ(seed_score("tablejoin", gold, "```python\n{'a': 'x',\n 'b': 'z'}\n```"), 0.5);
  EXPECT_EQ(seed_score("tablejoin", gold, "<solution>\n{\"a\": \"x\", \"q\": null}\n</solution>"), 0.67);
  EXPECT_NEAR(strict_score("tablejoin", gold, "<solution>{\"a\": \"x\", \"q\": null}</solution>"), 2.0 / 3, 1e-12);
  EXPECT_EQ(strict_score("tablejoin", gold, "so: \\boxed{{\\text{'a'}: \\text{'x'}, \\text{'b'}: \\text{'y'}}}"), 1);
  EXPECT_EQ(grade("tablejoin", gold, "no idea").status, GradeStatus::no_answer);
}

TEST(LiveBench, web_of_lies_counts_unknown_as_one_word_but_the_seed_does_not) {
  EXPECT_EQ(seed_score("web_of_lies_v2", "yes, no, unknown", "so it is **yes**, **no**, **unknown**"), 1);
  EXPECT_EQ(seed_score("web_of_lies_v2", "yes, no, unknown", "<solution>it is yes, no, unknown</solution>"), 0);
  EXPECT_EQ(strict_score("web_of_lies_v2", "yes, no, unknown", "<solution>it is yes, no, unknown</solution>"), 1);
  EXPECT_EQ(strict_score("web_of_lies_v2", "yes, no, yes", "first no, no, no; then Yes, No, Yes"), 1);
  EXPECT_EQ(strict_score("web_of_lies_v2", "yes, no, yes", "\\boxed{\\textbf{yes, no, no}}"), 0);
  EXPECT_EQ(grade("web_of_lies_v2", "yes, no, yes", "nothing").status, GradeStatus::no_answer);
  EXPECT_EQ(seed_score("web_of_lies_v3", "yes,no,yes", "<solution>yes, no, yes</solution>"), 1.0 / 6);
  EXPECT_EQ(strict_score("web_of_lies_v3", "yes,no,yes", "<solution>yes, no, yes</solution>"), 1);
}

TEST(LiveBench, house_traversals_stand_in_the_last_bold_parts) {
  EXPECT_EQ(strict_score("house_traversal", "Ann Bob", "**x** **Ann** then **Bob**"), 1);
  EXPECT_EQ(strict_score("house_traversal", "Ann Bob", "so **Ann, Bob**"), 1);
  EXPECT_EQ(strict_score("house_traversal", "Ann Bob", "so **Bob, Ann**"), 0);
  EXPECT_EQ(grade("house_traversal", "Ann Bob", "Ann Bob").status, GradeStatus::no_answer);
}

TEST(LiveBench, spatial_answers_may_be_number_words_and_short_phrases) {
  EXPECT_EQ(strict_score("spatial", "4", "it has **four** sides"), 1);
  EXPECT_EQ(strict_score("spatial", "triangle", "**an equilateral triangle**"), 0);
  EXPECT_EQ(strict_score("spatial", "triangle", "a **regular triangle**"), 1);
  EXPECT_EQ(strict_score("spatial", "7", "it is \\boxed{7}"), 1);
  EXPECT_EQ(strict_score("spatial", "7", "**8**"), 0);
}

TEST(LiveBench, zebra_puzzles_have_old_and_new_rules_by_their_date) {
  EXPECT_EQ(strict_score("zebra_puzzle", "four", "so ***4***"), 1);
  EXPECT_EQ(strict_score("zebra_puzzle", "action movies", "I say ***x*** and ***Action***"), 1);
  EXPECT_EQ(strict_score("zebra_puzzle", "cat", "It is the Cat."), 1);
  EXPECT_EQ(grade("zebra_puzzle", "4,cat", "<solution>position 4, dog</solution>", strict(), "2024-11-25").score, 0.25);
  EXPECT_EQ(grade("zebra_puzzle", "4,cat", "<solution>4, Cat</solution>", strict(), "2025-04-25").score, 1);
  EXPECT_EQ(grade("zebra_puzzle", "4,cat", "***cat***", xrouter_compat(), "2025-04-25").score, 0);
}

TEST(LiveBench, plots_are_scored_by_the_order_of_their_sentences) {
  const Value gold("The cat wakes. The cat eats fish. The dog comes home.");
  EXPECT_EQ(strict_score("plot_unscrambling", gold, "<PLOT_SUMMARY>The cat wakes. The cat eats fish. The dog comes home.</PLOT_SUMMARY>"),
            1);
  EXPECT_NEAR(strict_score("plot_unscrambling", gold, "The cat eats fish. The cat wakes up. A dog comes home."), 1.0 / 3, 1e-12);
  EXPECT_EQ(grade("plot_unscrambling", gold, std::string(300'000, 'a')).status, GradeStatus::answer_limit);
  EXPECT_EQ(grade("plot_unscrambling", "One sentence.", "x").status, GradeStatus::target_error);  // any reply would be in order
  EXPECT_EQ(seed_score("plot_unscrambling", "One sentence.", "x"), 1);
}

TEST(LiveBench, typo_free_texts_are_contained) {
  EXPECT_EQ(strict_score("typos", "A clean text.", "Here: --- x --- A clean text. --- bye"), 1);
  EXPECT_EQ(strict_score("typos", "A clean text.", "<solution>A clean text.</solution>"), 1);
  EXPECT_EQ(strict_score("typos", "A clean text.", "A clean\ntext. Yes."), 1);
  EXPECT_EQ(strict_score("typos", "A clean text.", "A claen text."), 0);
}

TEST(LiveBench, connections_are_groups_of_four) {
  const Value gold("a, b, c, d, e, f, g, h");
  EXPECT_EQ(strict_score("connections", gold, "**b, a, d, c, e, f, g, x**"), 0.5);
  EXPECT_EQ(strict_score("connections", gold, "**nothing** **d, c, b, a, h, g, f, e**"), 1);
  EXPECT_EQ(grade("connections", gold, "<solution>a, b, c, d, e, f, g, h</solution>", strict(), "2024-11-25").score, 1);
  EXPECT_EQ(grade("connections", gold, "<solution>a, b, c, d, a, b, c, d</solution>", strict(), "2024-11-25").score, 0.5);
}

TEST(LiveBench, lists_of_every_possible_answer_are_wrong_but_for_the_seed) {
  const Value gold("a, b, c, d, e, f, g, h");
  const char* groups = "**a, b, c, e, a, b, c, d, e, f, g, h**";
  EXPECT_EQ(strict_score("connections", gold, groups), 0);
  EXPECT_EQ(seed_score("connections", gold, groups), 1);
  EXPECT_EQ(grade("connections", gold, "<solution>a, b, c, d, e, f, g, h, a, b, c, e</solution>", strict(), "2024-11-25").score, 0.5);
  EXPECT_EQ(strict_score("connections", gold, "**a, b, c, d, e, f, g, h** **a, b, c, e, d, f, g, h**"), 0);
  EXPECT_EQ(grade("zebra_puzzle", "4,cat", "<solution>1 2 3 4, dog cat</solution>", strict(), "2024-11-25").score, 0);
  EXPECT_EQ(grade("zebra_puzzle", "4,cat", "<solution>4, cat, dog</solution>", strict(), "2024-11-25").score, 0);
  EXPECT_EQ(strict_score("spatial", "7", "**6** or **7** or **8**"), 0);
  EXPECT_EQ(seed_score("spatial", "7", "**6** or **7** or **8**"), 1);
  for (const char* reply : {"**yes, no, yes, no, yes**", "yes, no, no, yes, no, yes", "<solution>yes, no, yes, no</solution>"}) EXPECT_EQ(strict_score("web_of_lies_v2", "yes, no, yes", reply), 0) << reply;
  EXPECT_EQ(strict_score("web_of_lies_v2", "yes, no, yes", "**no** at first, so **yes**, **no**, **yes**"), 1);
}

TEST(LiveBench, tasks_without_a_rule_are_unscored_but_zero_for_the_seed) {
  EXPECT_EQ(grade("tablereformat", "x", "x").status, GradeStatus::unsupported);
  EXPECT_EQ(seed_score("tablereformat", "x", "x"), 0);
  EXPECT_EQ(grade("tableformat", "x", "x", xrouter_compat()).status, GradeStatus::unsupported);
  const auto grader = make_live_grader(strict());
  EXPECT_FALSE(grader->validate("x", Value()));
  EXPECT_FALSE(grader->validate(" ", Value::Dict{{{Value("task"), Value("cta")}}}));
  EXPECT_FALSE(grader->validate("[1]", Value::Dict{{{Value("task"), Value("tablejoin")}}}));
  EXPECT_TRUE(grader->validate("{'a': 1}", Value::Dict{{{Value("task"), Value("tablejoin")}}}));
}

TEST(LiveBench, empty_replies_are_never_right) {
  const std::vector<std::string_view> tasks{"cta",          "web_of_lies_v2",    "web_of_lies_v3", "house_traversal", "spatial",
                                            "zebra_puzzle", "plot_unscrambling", "typos",          "connections"};
  for (const std::string_view task : tasks)
    for (const char* reply : {"", " \n", "<think>yes</think>", "<think>open", "****", "<solution></solution>", "\\boxed{}", "."})
      for (const Dialect& dialect : {strict(), xrouter_compat()})
        EXPECT_FALSE(grade(task, "yes, no, yes. And more.", reply, dialect).correct) << task << reply;
}

TEST(LiveBench, survives_hostile_replies) {
  const std::vector<std::string_view> tasks{"cta",          "web_of_lies_v2",    "web_of_lies_v3", "house_traversal", "spatial",
                                            "zebra_puzzle", "plot_unscrambling", "typos",          "connections"};
  for (const std::string_view part : {"*", "**", "***a", "<solution>", "\\boxed{", "\\text{'", " --- ", ".", "yes, no, ", "\xff", "{"}) {
    std::string reply;
    while (reply.size() < 20'000) reply += part;
    for (const std::string_view task : tasks) EXPECT_TRUE(is_scored(grade(task, "yes, no, yes. And more.", reply).status)) << task << part;
    EXPECT_TRUE(is_scored(grade("tablejoin", "{'a': 1}", reply).status));
  }
}

}  // namespace
}  // namespace xrouter::grade::live
