#include <gtest/gtest.h>

#include "xrouter/grade/registry.hpp"
#include "xrouter/grade/structured/python_arithmetic.hpp"
#include "xrouter/grade/structured/quantity.hpp"

namespace xrouter::grade::structured {
namespace {

GradeResult grade(std::string_view source, std::string_view reply, const Value& truth, const Dialect& dialect = strict()) {
  static const Registry registry = Registry::make(structured_rows()).value();
  const auto grader = registry.grader_for(source, dialect).value();
  GradeContext context;
  const Value extra;
  return grader->grade({.data_source = source, .response = reply, .ground_truth = truth, .extra = extra}, context);
}

bool is_valid(std::string_view source, const Value& truth) {
  static const Registry registry = Registry::make(structured_rows()).value();
  return registry.grader_for(source, strict()).value()->validate(truth, {}).has_value();
}

Value json(std::string_view text) { return parse_json(text).value(); }

const Value kTruth = json(R"({"header": ["Position", "Job"], "rows": [["1", "plumber"], ["2", "carpenter"]]})");
constexpr std::string_view kZebraReply = R"(<answer>
{"header": ["Position", "Job"], "rows": [["1", "Plumber "], [2, "carpenter"]]}
</answer>)";

struct Source {
  const char* name;
  Value truth;
  std::string right;
};

std::vector<Source> all_sources() {
  return {
      {"logic__zebra_puzzle_dataset", kTruth, std::string(kZebraReply)},
      {"zebra_puzzle_dataset", kTruth, std::string(kZebraReply)},
      {"logic__ordering_puzzle_dataset", json(R"(["pigeon", "blue-jay"])"), "<answer>['pigeon', 'blue-jay']</answer>"},
      {"ordering_puzzle_dataset", json(R"(["pigeon", "blue-jay"])"), "<answer>pigeon\nblue-jay</answer>"},
      {"logic__graph_logical_dataset", "fdebme", "<answer> fdebme </answer>"},
      {"graph_logical_dataset", "fdebme", "<answer>FDEBME</answer>"},
      {"simulation__codeio", "\"output\": {\"a\": [1, true]}", "```json\n{\"output\": {\"a\": [1, true]}}\n```"},
      {"simulation__codeio", "\"input\": {\"n\": 3}", "{\"input\": {\"n\": 3}}"},
      {"simulation__codeio", "\"output\": null", "{\"output\": null}"},
      {"simulation__arcagi1", json("[[0]]"), "<answer>[[0]]</answer>"},
      {"simulation__arcagi2", json("[[1, 2], [3, 4]]"), "<answer>1 2\n3 4</answer>"},
      {"simulation__barc", json("[[1, 2], [3, 4]]"), "```\n[[1,2],[3,4]]\n```"},
      {"table__hitab", "$5|10", "\\boxed{5|10}"},
      {"table__multihier", "20 to 39", "\\boxed{20\\ \\text{to}\\ 39}"},
      {"table__finqa", "6.64%", "\\boxed{6.64\\%}"},
      {"stem__bbeh", "(b)", "The answer is: (B)."},
      {"bbeh", "1, 2", "The final answer is 1,2"},
      {"py_literal", "[(4, 1)]", "{\"answer\": \"[(4, 1)]\"}"},
      {"py_literal", "''", "{\"answer\": \"''\"}"},
  };
}

TEST(Structured, gives_the_key_everything_and_an_empty_reply_nothing) {
  for (const Source& source : all_sources()) {
    SCOPED_TRACE(source.name);
    EXPECT_TRUE(is_valid(source.name, source.truth));
    const GradeResult right = grade(source.name, source.right, source.truth);
    EXPECT_EQ(right.score, 1.0) << right.reason;
    EXPECT_TRUE(right.correct);
    for (const char* empty : {"", " \n", "<think>", "<answer></answer>", "```\n```", "\\boxed{}"}) {
      const GradeResult none = grade(source.name, empty, source.truth);
      EXPECT_EQ(none.score, 0.0) << empty;
      EXPECT_FALSE(none.correct) << empty;
    }
    EXPECT_EQ(grade(source.name, "", source.truth).status, GradeStatus::no_answer);
    EXPECT_EQ(grade(source.name, "<think>" + source.right, source.truth).status, GradeStatus::no_answer);
    EXPECT_EQ(grade(source.name, "<think>wrong</think>" + source.right, source.truth).score, 1.0);
  }
}

TEST(Structured, finds_bad_keys_when_data_is_loaded) {
  EXPECT_FALSE(is_valid("logic__zebra_puzzle_dataset", json(R"({"header": [], "rows": []})")));
  EXPECT_FALSE(is_valid("logic__zebra_puzzle_dataset", json(R"({"header": ["a", "b"], "rows": [["1"]]})")));
  EXPECT_FALSE(is_valid("logic__ordering_puzzle_dataset", json("[]")));
  EXPECT_FALSE(is_valid("logic__graph_logical_dataset", ""));
  EXPECT_FALSE(is_valid("simulation__arcagi1", json("[[1], [1, 2]]")));
  EXPECT_FALSE(is_valid("simulation__arcagi1", json("[[1.5]]")));
  EXPECT_FALSE(is_valid("simulation__codeio", "4"));
  EXPECT_FALSE(is_valid("table__hitab", ""));
  EXPECT_FALSE(is_valid("table__hitab", "5|"));
  EXPECT_FALSE(is_valid("bbeh", ""));
  EXPECT_FALSE(is_valid("py_literal", "len([1])"));
  EXPECT_EQ(grade("py_literal", "1", "len([1])").status, GradeStatus::target_error);
}

TEST(Zebra, finds_rows_by_their_key_and_columns_by_their_name) {
  EXPECT_TRUE(grade("logic__zebra_puzzle", R"(<answer>{"header": ["job", "position"], "rows": [["carpenter", "2"], ["plumber", "1"]]}</answer>)", kTruth).correct);
  EXPECT_EQ(grade("logic__zebra_puzzle", R"(<answer>{"header": ["Position", "Job"], "rows": [["1", "plumber"], ["2", "cook"]]}</answer>)", kTruth).score, 0.75);
  EXPECT_EQ(grade("logic__zebra_puzzle", R"(<answer>{"header": ["Position", "Job"], "rows": [["1", "plumber"]]}</answer>)", kTruth).score, 0.5);
}

TEST(Zebra, wants_the_header_and_no_surplus_rows) {
  EXPECT_EQ(grade("logic__zebra_puzzle", R"(<answer>{"rows": [["1", "plumber"], ["2", "carpenter"]]}</answer>)", kTruth).status,
            GradeStatus::answer_parse_error);
  EXPECT_EQ(grade("logic__zebra_puzzle",
                  R"(<answer>{"header": ["Position", "Age"], "rows": [["1", "plumber"], ["2", "carpenter"]]}</answer>)", kTruth)
                .score,
            0.0);
  const GradeResult longer =
      grade("logic__zebra_puzzle",
            R"(<answer>{"header": ["Position", "Job"], "rows": [["1", "plumber"], ["2", "carpenter"], ["3", "x"]]}</answer>)", kTruth);
  EXPECT_FALSE(longer.correct);
  EXPECT_LT(longer.score, 1.0);
}

TEST(Zebra, takes_no_table_with_two_lists_of_rows) {
  const char* reply = R"(<answer>{"header": ["Position", "Job"], "rows": [], "rows": [["1", "plumber"], ["2", "carpenter"]]}</answer>)";
  EXPECT_FALSE(grade("logic__zebra_puzzle", reply, kTruth).correct);
}

TEST(Zebra, refuses_keys_with_cells_that_are_no_text_and_rows_that_are_too_long) {
  EXPECT_FALSE(is_valid("logic__zebra_puzzle", json(R"({"header": ["a", "b"], "rows": [["1", null]]})")));
  EXPECT_FALSE(is_valid("logic__zebra_puzzle", json(R"({"header": ["a", null], "rows": [["1", "2"]]})")));
  const GradeResult longer =
      grade("logic__zebra_puzzle",
            R"(<answer>{"header": ["Position", "Job"], "rows": [["1", "plumber"], ["2", "carpenter", "cook"]]}</answer>)", kTruth);
  EXPECT_FALSE(longer.correct);
  EXPECT_LT(longer.score, 1.0);
}

TEST(Zebra, gives_nothing_for_cells_that_are_no_text) {
  EXPECT_EQ(
      grade("logic__zebra_puzzle", R"(<answer>{"header": ["Position", "Job"], "rows": [[null, []], [{}, null]]}</answer>)", kTruth).score,
      0.0);
}

TEST(Ordering, keeps_names_whole_and_folds_both_sides) {
  const Value truth = json(R"(["Pigeon", "blue-jay", "house sparrow"])");
  for (const char* reply :
       {"<answer>['pigeon', 'Blue-Jay', 'house  sparrow']</answer>", "<answer>[pigeon, blue-jay, house sparrow]</answer>",
        "<answer>1. pigeon\n2. blue-jay\n3. house sparrow\n</answer>", "```\n[\"pigeon\", \"blue-jay\", \"house sparrow\"]\n```"}) {
    EXPECT_TRUE(grade("logic__ordering_puzzle", reply, truth).correct) << reply;
  }
  EXPECT_FALSE(grade("logic__ordering_puzzle", "<answer>['pigeon', 'blue', 'jay', 'house sparrow']</answer>", truth).correct);
  EXPECT_FALSE(grade("logic__ordering_puzzle", "<answer>['blue-jay', 'pigeon', 'house sparrow']</answer>", truth).correct);
  EXPECT_FALSE(grade("logic__ordering_puzzle", "<answer>list(('pigeon','blue-jay'))</answer>", truth).correct);
}

TEST(Ordering, reads_names_with_commas_and_lists_without_a_tag) {
  const Value truth = json(R"(["a", "b", "c"])");
  for (const char* reply : {"<answer>a, b, c</answer>", "['a','b', 'c']", "The answer is ['a', 'b', 'c']."})
    EXPECT_TRUE(grade("logic__ordering_puzzle", reply, truth).correct) << reply;
  for (const char* reply : {"<answer>a, c, b</answer>", "['a','c','b']", "a, b, c", "<answer>a, b, c, d</answer>"})
    EXPECT_FALSE(grade("logic__ordering_puzzle", reply, truth).correct) << reply;
  EXPECT_TRUE(grade("logic__ordering_puzzle", "<answer>x, y</answer>", json(R"(["x, y"])")).correct);
}

TEST(Grid, reads_lists_and_rows_of_digits_exactly) {
  const Value truth = json("[[1, 2], [3, 4]]");
  for (const char* reply : {"<answer>[[1, 2], [3, 4]]</answer>", "<answer>\n```\n[[1, 2],\n [3, 4]]\n```\n</answer>",
                            "<answer>Here: [[1,2],[3,4]]</answer>", "<answer>12\n34</answer>", "So it is [[1, 2], [3, 4]]"}) {
    EXPECT_TRUE(grade("simulation__arcagi1", reply, truth).correct) << reply;
  }
  for (const char* reply :
       {"<answer>[[1.9, 2], [3, 4]]</answer>", "<answer>[[\"1\", 2], [3, 4]]</answer>", "<answer>[[true, 2], [3, 4]]</answer>",
        "<answer>[[1, 2, -1], [3, 4, -1]]</answer>", "<answer>[[1, 2], [3]]</answer>", "<answer>[[1, 2], [3, 4], []]</answer>"}) {
    EXPECT_FALSE(grade("simulation__arcagi1", reply, truth).correct) << reply;
  }
}

TEST(Grid, takes_one_grid_and_no_choice_of_several) {
  const Value truth = json("[[1, 2], [3, 4]]");
  for (const char* reply :
       {"<answer>[[1,2],[3,5]] or [[1,2],[3,4]]</answer>", "<answer>[[1,2],[3,4]] or [[1,2],[3,5]]</answer>",
        "```\n[[1,2],[3,5]]\n[[1,2],[3,4]]\n```", "<answer>12\n35\nor\n12\n34</answer>", "<answer>12\n35\n\nor [[1,2],[3,4]]</answer>"}) {
    EXPECT_FALSE(grade("simulation__arcagi1", reply, truth).correct) << reply;
  }
}

TEST(Grid, takes_no_answer_for_no_grid) {
  EXPECT_EQ(grade("simulation__arcagi1", "no tag", json("[[0]]")).status, GradeStatus::no_answer);
  EXPECT_EQ(grade("simulation__arcagi1", "<answer>none</answer>", json("[[0]]")).score, 0.0);
}

TEST(Grid, reports_the_share_of_cells_apart_from_the_score) {
  const GradeResult result = grade("simulation__arcagi1", "<answer>[[1, 2], [3, 5]]</answer>", json("[[1, 2], [3, 4]]"));
  EXPECT_EQ(result.score, 0.0);
  ASSERT_EQ(result.parts.size(), 1U);
  EXPECT_EQ(result.parts[0].second, 0.75);
}

TEST(CodeIo, compares_typed_json) {
  EXPECT_TRUE(grade("simulation__codeio", "{\"output\": 1.0}", "\"output\": 1").correct);
  EXPECT_TRUE(grade("simulation__codeio", "\\boxed{\"output\": 4}", "\"output\": 4").correct);
  EXPECT_TRUE(grade("simulation__codeio", "{\"output\": 0.30000000000000004}", "\"output\": 0.3").correct);
  EXPECT_TRUE(grade("simulation__codeio", "```json\n{\"output\": 1}\n```\n```json\n{\"output\": 4}\n```", "\"output\": 4").correct);
  for (const char* reply : {"{\"output\": true}", "{\"output\": \"1\"}", "{\"output\": 1.01}", "{\"input\": 1}", "{\"output\": [1]}"}) {
    EXPECT_FALSE(grade("simulation__codeio", reply, "\"output\": 1").correct) << reply;
  }
  EXPECT_FALSE(grade("simulation__codeio", "{\"output\": 12345678901}", "\"output\": 12345678902").correct);
}

TEST(CodeIo, takes_no_answer_from_json_that_names_a_member_twice) {
  for (const char* reply : {"{\"output\": 6, \"output\": 5}", "```json\n{\"output\": 5}\n```\n```json\n{\"output\": 6, \"output\": 5}\n```",
                            "\\boxed{\"output\": 6, \"output\": 5}"}) {
    EXPECT_FALSE(grade("simulation__codeio", reply, "\"output\": 5").correct) << reply;
  }
  EXPECT_FALSE(grade("simulation__codeio", R"({"output":{"a":2,"a":1}})", R"("output": {"a":1})").correct);
  EXPECT_FALSE(grade("py_literal", R"({"answer": "6", "answer": "5"})", "5").correct);
  EXPECT_TRUE(grade("py_literal", R"({"answer": "6", "answer": "5"})", "5", xrouter_compat()).correct);
}

TEST(CodeIo, takes_no_answer_for_none) {
  EXPECT_EQ(grade("simulation__codeio", "nothing", "\"output\": null").status, GradeStatus::no_answer);
  EXPECT_FALSE(grade("simulation__codeio", "{}", "\"output\": null").correct);
  EXPECT_FALSE(grade("simulation__codeio", "[]", "\"output\": null").correct);
}

TEST(CodeIo, marks_inputs_as_compared_and_not_run) {
  const GradeResult result = grade("simulation__codeio", "{\"n\": 3}", "\"input\": {\"n\": 3}");
  EXPECT_TRUE(result.correct);
  EXPECT_NE(result.reason.find("not run"), std::string::npos);
}

TEST(Table, reads_marks_of_numbers) {
  const std::pair<const char*, const char*> same[] = {
      {"1234.5", "$1,234.50"}, {"-12", "(12)"},  {"6.64%", "0.0664"},   {"0.0664", "6.64%"}, {"6.64%", "6.64"}, {"6.64", "6.64\\%"},
      {"20000", "20{,}000"},   {"142", "142.0"}, {"0.0664", "0.06642"}, {"\\$5", "$5"},      {"Male", "male"},  {"1e3", "1000"}};
  for (const auto& [key, answer] : same)
    EXPECT_TRUE(grade("table__hitab", "\\boxed{" + std::string(answer) + "}", key).correct) << key << " / " << answer;
}

TEST(Table, keeps_integers_exact_and_decimals_near) {
  const std::pair<const char*, const char*> different[] = {{"1000", "1000.9"},
                                                           {"10", "1000"},
                                                           {"1000", "10"},
                                                           {"1", "100"},
                                                           {"1000000", "1000001"},
                                                           {"0.0664", "0.0666"},
                                                           {"0.0664", "0.07"},
                                                           {"1,234", "12,34"},
                                                           {"1", "len([1])"},
                                                           {"2", "1+1"},
                                                           {"0.5", "1/2"},
                                                           {"5", "-5"},
                                                           {"12345678901", "12345678902"},
                                                           {"5", "0.05"},
                                                           {"50%", "50.4%"}};
  for (const auto& [key, answer] : different)
    EXPECT_FALSE(grade("table__hitab", "\\boxed{" + std::string(answer) + "}", key).correct) << key << " / " << answer;
}

TEST(Table, reads_one_sign_and_one_pair_of_brackets) {
  for (const char* answer : {"--5", "-(-5)", "((5))", "+-5", "-(5)", "(-5)", "(5)"})
    EXPECT_FALSE(grade("table__hitab", "\\boxed{" + std::string(answer) + "}", "5").correct) << answer;
  for (const char* answer : {"-5", "(5)", "-$5", "$-5", "(-5)"})
    EXPECT_TRUE(grade("table__hitab", "\\boxed{" + std::string(answer) + "}", "-5").correct) << answer;
}

TEST(Table, compares_several_cells_in_any_order) {
  EXPECT_TRUE(grade("table__hitab", "\\boxed{10|5}", "$5|10").correct);
  EXPECT_TRUE(grade("table__hitab", "\\boxed{0.15|0.1}", "0.1|0.15").correct);
  EXPECT_FALSE(grade("table__hitab", "\\boxed{5|5}", "$5|10").correct);
  EXPECT_FALSE(grade("table__hitab", "\\boxed{5|10|10}", "$5|10").correct);
  EXPECT_FALSE(grade("table__hitab", "\\boxed{5|10}", "5").correct);
}

TEST(Table, survives_boxes_that_the_seed_does_not) {
  EXPECT_TRUE(grade("table__hitab", "\\fbox{5}", "5").correct);
  EXPECT_EQ(grade("table__hitab", "\\fbox{5}", "5", xrouter_compat()).status, GradeStatus::unsupported);
}

TEST(Bbeh, forgives_what_the_published_rule_forgives) {
  const std::pair<const char*, const char*> same[] = {{"(a)", "The answer is: a."},      {"a", "The answer is (A)"},
                                                      {"3", "The final answer is: 3.0"}, {"yes", "The answer is: **Yes**"},
                                                      {"it's", "The answer is its"},     {"1,2", "The answer is: [1, 2]"},
                                                      {"who", "The answer is Who?"},     {"7", "The answer is $\\boxed{7}$."}};
  for (const auto& [key, answer] : same) EXPECT_TRUE(grade("bbeh", answer, key).correct) << key << " / " << answer;
}

TEST(Bbeh, takes_nan_and_inf_for_words) {
  EXPECT_FALSE(grade("bbeh", "The answer is: infinity", "inf").correct);
  EXPECT_FALSE(grade("bbeh", "The answer is: +nan", "nan").correct);
  EXPECT_FALSE(grade("bbeh", "The answer is: 1e999", "inf").correct);
  EXPECT_FALSE(grade("bbeh", "The answer is: ()", "a").correct);
}

TEST(PyLiteral, finds_the_answer_in_whole_damaged_and_missing_json) {
  for (const char* reply : {"{\"reasoning\": \"x\", \"answer\": \"[1, 'a']\"}", "\"reasoning\": \"x\",\n \"answer\": \"[1, 'a']\"\n}",
                            "{\"reasoning\": \"a\nb\", \"answer\": [1, 'a']}", "[1, 'a']", "```python\nassert f(3) == [1, 'a']\n```",
                            "The answer is [1, 'a']", "\"answer\": \"f(3) == [1, 'a']\""}) {
    EXPECT_TRUE(grade("py_literal", reply, "[1, 'a']").correct) << reply;
  }
}

TEST(PyLiteral, believes_one_call_equal_to_one_literal) {
  for (const char* reply : {"assert not f(1) == 4", "assert f(1) == 5 or f(1) == 4", "f(1) == 5 == 4", "assert 5 == f(1) == 4",
                            "assert f(1) != 5 == 4", "assert f(1) or f(2) == 4", "assert (f(1) == 5) == 4"}) {
    EXPECT_FALSE(grade("py_literal", reply, "4").correct) << reply;
    EXPECT_FALSE(grade("py_literal", "{\"answer\": \"" + std::string(reply) + "\"}", "4").correct) << reply;
  }
  for (const char* reply : {"assert f(1) == 4", "f('a==b') == 4", "f(')', \"(\") == 4", "assert solution.f([1 == 2], (3)) == 4", "f(f(1)) == 4"}) EXPECT_TRUE(grade("py_literal", reply, "4").correct) << reply;
}

TEST(PyLiteral, compares_as_python_does_and_evaluates_nothing) {
  EXPECT_FALSE(grade("py_literal", "(1, 2)", "[1, 2]").correct);
  EXPECT_TRUE(grade("py_literal", "{'b': 2, 'a': 1}", "{'a': 1, 'b': 2}").correct);
  EXPECT_FALSE(grade("py_literal", "{\"answer\": \"1 + 1\"}", "2").correct);
  EXPECT_FALSE(grade("py_literal", "{\"answer\": \"len('ab')\"}", "2").correct);
  EXPECT_TRUE(grade("py_literal", "{\"answer\": \"K Bkz\"}", "'K Bkz'").correct);
  EXPECT_FALSE(grade("py_literal", "{\"answer\": \"K Bkz\"}", "'KBkz'").correct);
  EXPECT_FALSE(grade("py_literal", R"({"answer": "K Bkz\t"})", "'K Bkz'").correct);
  EXPECT_FALSE(grade("py_literal", "{\"answer\": \"3\"}", "'3'").correct);
  EXPECT_TRUE(grade("py_literal", "{\"answer\": \"3\"}", "'3'", xrouter_compat()).correct);
  EXPECT_TRUE(grade("py_literal", "{\"answer\": \"\"}", "''").correct);
  EXPECT_EQ(grade("py_literal", "", "''").status, GradeStatus::no_answer);
  EXPECT_EQ(grade("py_literal", "{\"answer\": \"\"}", "1").status, GradeStatus::no_answer);
}

TEST(Evaluated, works_out_arithmetic_and_nothing_else) {
  const std::pair<const char*, double> cases[] = {{"1+2*3", 7}, {"-2**2", -4}, {"2**-1", 0.5}, {"7//2", 3}, {"-7//2", -4}, {"-7%3", 2}, {"10|5", 15}, {"6.64 / 100", 0.0664}, {"len([1, 2])", 2},
                                                  {"max([1,2.5])", 2.5}, {"(1 + 2)", 3}, {"~5", -6}, {"1<<4", 16}, {"2**3**2", 512}, {"round(2.5)", 2}, {"0x10", 16}};
  for (const auto& [text, value] : cases) EXPECT_EQ(evaluated(text), value) << text;
  for (const char* text : {"", "a", "1 2", "1/0", "open('x')", "__import__('os')", "len(5)", "(1", "[1]", "9**9**9**9", "1e999", "1.5|2", "007", "(-8)**0.5", "1\n2"}) {
    EXPECT_EQ(evaluated(text), std::nullopt) << text;
  }
}

void grade_hostile(const Source& source, std::string_view piece, std::size_t bytes) {
  std::string reply;
  while (reply.size() < bytes) reply += piece;
  SCOPED_TRACE(std::string(source.name) + " " + std::string(piece));
  const std::string tagged = "<answer>" + reply + "</answer>";
  const std::string boxed = "\\boxed{" + reply + "}";
  for (const std::string& text : {reply, tagged, boxed}) {
    EXPECT_FALSE(grade(source.name, text, source.truth).correct);
    grade(source.name, text, source.truth, xrouter_compat());
  }
}

TEST(Structured, is_bounded_for_hostile_replies) {
  for (const std::string_view piece : {"<answer>", "<answer>\n", "[[", "[[1,", "[,", "[a", "{\"output\":", "```json\n", "\\boxed{", "\\boxed ", "5|", "\"answer\": ", "\"answer\": \"}", "}", "\\\\text{",
                                       "The answer is:", "(", "-(", "assert f(1) == ", "\\text{", "((((1", "boxed{", "1,", "\xff", "</answer><answer>["}) {
    for (const Source& source : all_sources()) grade_hostile(source, piece, 5'000);
  }
  for (const Source& source : all_sources()) grade_hostile(source, "[a", 500'000);
}

}  // namespace
}  // namespace xrouter::grade::structured
