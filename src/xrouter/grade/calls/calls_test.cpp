#include <gtest/gtest.h>

#include "xrouter/grade/calls/call_text.hpp"
#include "xrouter/grade/registry.hpp"

namespace xrouter::grade {
namespace {

Value json(std::string_view text) {
  auto value = parse_json(text);
  EXPECT_TRUE(value.has_value()) << text;
  return value ? *value : Value();
}

const char* kArea = R"({"functions": {"name": "geometry.area", "parameters": {"type": "dict", "required": ["width"], "properties": {
  "width": {"type": "float"}, "height": {"type": "integer"}, "unit": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}},
  "box": {"type": "dict"}}}}})";

GradeResult grade(std::string_view reply, std::string_view gold, std::string_view extra = kArea, std::string_view grader = "bfcl_ast") {
  const Value wanted = json(gold);
  const Value more = json(extra);
  auto made = builtin_registry().grader_for(grader, strict());
  EXPECT_TRUE(made.has_value());
  GradeContext context;
  return (*made)->grade({.data_source = grader, .response = reply, .ground_truth = wanted, .extra = more}, context);
}

bool right(std::string_view reply, std::string_view gold) { return grade(reply, gold).correct; }

const char* kGold = R"({"geometry.area": {"width": [2.0], "height": [3, 4], "unit": ["square cm", ""]}})";

TEST(Calls, reads_python_calls_with_names_and_arithmetic) {
  const auto calls = calls::parse_calls("[a.b(x=-1, y='two', z=[1, {'k': True}], t=(1,), w=other, f=g(1, 2), s=1/4), c()]");
  ASSERT_TRUE(calls.has_value()) << calls.error().describe();
  ASSERT_EQ(calls->size(), 2U);
  EXPECT_EQ(calls->at(0).name, "a.b");
  EXPECT_EQ(to_json(*calls->at(0).find("x")), "-1");
  EXPECT_EQ(to_python(*calls->at(0).find("z")), "[1, {'k': True}]");
  EXPECT_EQ(to_python(*calls->at(0).find("t")), "(1,)");
  EXPECT_EQ(*calls->at(0).find("w")->if_string(), "other");
  EXPECT_EQ(*calls->at(0).find("f")->if_string(), "g(1, 2)");
  EXPECT_EQ(to_json(*calls->at(0).find("s")), "0.25");
  EXPECT_TRUE(calls->at(1).arguments.empty());
}

TEST(Calls, keeps_subscripts_as_text_and_skips_comments) {
  const auto calls = calls::parse_calls("[f(x=data['sales'][0], y=g(1) )]  # the note\n# and more");
  ASSERT_TRUE(calls.has_value()) << calls.error().describe();
  EXPECT_EQ(*calls->at(0).find("x")->if_string(), "data['sales'][0]");
  EXPECT_EQ(*calls->at(0).find("y")->if_string(), "g(1)");
}

TEST(Calls, takes_a_fence_off_also_within_one_line) {
  for (const char* text : {"```[f(x=1)]```", "```python\nf(x=1)\n```", "```json\n[{\"f\": {\"x\": 1}}]", "```f(x=1)```"}) {
    const auto calls = calls::parse_calls(text);
    ASSERT_TRUE(calls.has_value()) << text;
    EXPECT_EQ(calls->at(0).name, "f") << text;
  }
  EXPECT_FALSE(calls::parse_calls("```f(x=1)``` or ```g(x=2)```").has_value());
}

TEST(Calls, reads_json_calls_of_both_shapes) {
  for (const char* text : {R"([{"f": "{\"x\": 1}"}])", R"([{"f": {"x": 1}}])", R"([{"name": "f", "arguments": {"x": 1}}])", R"({"name": "f", "arguments": "{\"x\": 1}"})"}) {
    const auto calls = calls::parse_calls(text);
    ASSERT_TRUE(calls.has_value()) << text;
    ASSERT_EQ(calls->size(), 1U) << text;
    EXPECT_EQ(calls->at(0).name, "f");
    EXPECT_EQ(to_json(*calls->at(0).find("x")), "1");
  }
}

TEST(Calls, refuses_what_is_no_call) {
  for (const char* text : {"", "I cannot help with that.", "[f(x=1)", "f(x=)", "f(x=1) and more", "[1, 2]", "f(x=1 ** 9)", "f(x=lambda: 1)", "f(x=1/0)", "['f(x=1)']"}) {
    EXPECT_FALSE(calls::parse_calls(text).has_value()) << text;
  }
}

TEST(Calls, refuses_json_that_names_an_argument_twice) {
  EXPECT_FALSE(calls::parse_calls(R"({"name": "f", "arguments": {"x": 1, "x": 2}})").has_value());
  EXPECT_FALSE(calls::parse_calls(R"({"name": "f", "arguments": "{\"x\": 1, \"x\": 2}"})").has_value());
}

TEST(Calls, bounds_hostile_text) {
  EXPECT_FALSE(calls::parse_calls("f(x=" + std::string(60'000, '[')).has_value());
  EXPECT_FALSE(calls::parse_calls("f(x=" + std::string(60'000, '-')).has_value());
  EXPECT_FALSE(calls::parse_calls(std::string(70'000, 'f')).has_value());
  std::string nested;
  for (int i = 0; i < 10'000; ++i) nested += "f(";
  EXPECT_FALSE(calls::parse_calls(nested).has_value());
}

TEST(Calls, accepts_each_allowed_value_and_optional_arguments_left_out) {
  EXPECT_TRUE(right("[geometry.area(width=2.0, height=3)]", kGold));
  EXPECT_TRUE(right("geometry.area(width=2, height=4, unit='Square-CM')", kGold));
  EXPECT_TRUE(right("```python\n[geometry.area(width=2.0, height=3)]\n```", kGold));
  EXPECT_TRUE(right(R"([{"geometry_area": "{\"width\": 2.0, \"height\": 3}"}])", kGold));
}

TEST(Calls, refuses_wrong_names_values_types_and_counts) {
  EXPECT_FALSE(right("[geometry.volume(width=2.0, height=3)]", kGold));
  EXPECT_FALSE(right("[geometry.area(width=2.5, height=3)]", kGold));
  EXPECT_FALSE(right("[geometry.area(width=2.0)]", kGold));
  EXPECT_FALSE(right("[geometry.area(height=3)]", kGold));
  EXPECT_FALSE(right("[geometry.area(width='2.0', height=3)]", kGold));
  EXPECT_FALSE(right("[geometry.area(width=2.0, height=True)]", kGold));
  EXPECT_FALSE(right("[geometry.area(width=2.0, height=3, depth=1)]", kGold));
  EXPECT_FALSE(right("[geometry.area(width=2.0, height=3), geometry.area(width=2.0, height=3)]", kGold));
  EXPECT_FALSE(right("[geometry.area(2.0, 3)]", kGold));
}

TEST(Calls, compares_integers_exactly) {
  const char* gold = R"({"geometry.area": {"width": [1], "height": [9007199254740993]}})";
  EXPECT_TRUE(right("geometry.area(width=1, height=9007199254740993)", gold));
  EXPECT_FALSE(right("geometry.area(width=1, height=9007199254740992)", gold));
}

TEST(Calls, pairs_parallel_calls_in_any_order) {
  const char* gold = R"({"geometry.area_1": {"width": [1, 2], "height": [""]}, "geometry.area_2": {"width": [1], "height": [""]}})";
  EXPECT_TRUE(right("[geometry.area(width=1), geometry.area(width=2)]", gold));
  EXPECT_TRUE(right("[geometry.area(width=2), geometry.area(width=1)]", gold));
  EXPECT_TRUE(right("[geometry.area(width=1), geometry.area(width=1)]", gold));
  EXPECT_FALSE(right("[geometry.area(width=2), geometry.area(width=2)]", gold));
}

TEST(Calls, looks_into_dicts_and_lists) {
  const char* gold = R"({"geometry.area": {"width": [1], "box": [{"a": [1], "b": ["x", ""]}], "tags": [["red", "blue"]]}})";
  EXPECT_TRUE(right("geometry.area(width=1, box={'a': 1}, tags=['Red', 'blue'])", gold));
  EXPECT_FALSE(right("geometry.area(width=1, box={'b': 'x'}, tags=['red', 'blue'])", gold));
  EXPECT_FALSE(right("geometry.area(width=1, box={'a': 1, 'c': 1}, tags=['red', 'blue'])", gold));
  EXPECT_FALSE(right("geometry.area(width=1, box={'a': 1}, tags=['blue', 'red'])", gold));
}

TEST(Calls, an_empty_reply_scores_nothing_not_even_where_no_call_is_wanted) {
  EXPECT_EQ(grade("", kGold).status, GradeStatus::no_answer);
  EXPECT_EQ(grade("  ", "[]", kArea, "no_call").status, GradeStatus::no_answer);
  EXPECT_EQ(grade("<think>never ends", "[]", kArea, "no_call").status, GradeStatus::no_answer);
}

TEST(Calls, declining_is_right_where_no_call_is_wanted) {
  EXPECT_TRUE(grade("None of the functions can do that.", "[]", kArea, "no_call").correct);
  EXPECT_TRUE(grade("[]", "[]", kArea, "no_call").correct);
  EXPECT_FALSE(grade("[geometry.area(width=1)]", "[]", kArea, "no_call").correct);
}

TEST(Calls, a_call_with_talk_around_it_is_a_call) {
  for (const char* reply : {"I'll do it:\n[geometry.area(width=1)]", "[geometry.area(width=1)] \n\n thanks", "<tool_call>{\"name\": \"f\"}</tool_call>",
                            "Use this:\n```json\n[{\"name\": \"geometry.area\", \"arguments\": {}}]\n```\ndone", "geometry.area(width=1"}) {
    EXPECT_FALSE(grade(reply, "[]", kArea, "no_call").correct) << reply;
  }
  EXPECT_TRUE(grade("The function geometry.area(width) cannot tell the time.", "[]", kArea, "no_call").correct);
  EXPECT_EQ(grade(std::string(2 << 20, 'x'), "[]", kArea, "no_call").status, GradeStatus::answer_limit);
}

TEST(Calls, refuses_positional_and_repeated_arguments) {
  EXPECT_FALSE(right("geometry.area(99, width=2.0, height=3)", kGold));
  EXPECT_FALSE(right("geometry.area(width=2.0, height=3, height=3)", kGold));
}

TEST(Calls, finds_bad_ground_truth_at_load) {
  const auto grader = *builtin_registry().grader_for("bfcl_ast", strict());
  const Value extra = json(kArea);
  EXPECT_TRUE(grader->validate(json(kGold), extra).has_value());
  EXPECT_FALSE(grader->validate(json(R"({"unknown": {}})"), extra).has_value());
  EXPECT_FALSE(grader->validate(json("{}"), extra).has_value());
  EXPECT_FALSE(grader->validate(json(kGold), Value()).has_value());
}

TEST(Calls, says_that_other_languages_are_not_supported) {
  const Value gold = json(kGold);
  std::string extra = kArea;
  extra.insert(1, R"("language": "java", )");
  EXPECT_EQ(grade("geometry.area(width=2.0, height=3)", kGold, extra).status, GradeStatus::unsupported);
}

}  // namespace
}  // namespace xrouter::grade
