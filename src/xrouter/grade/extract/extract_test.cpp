#include "xrouter/grade/extract/extract.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xrouter::grade::extract {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> box_contents(std::string_view text) {
  std::vector<std::string> out;
  for (const Box& box : boxes(text)) out.emplace_back(box.content);
  return out;
}

std::vector<std::string> fence_contents(std::string_view text) {
  std::vector<std::string> out;
  for (const Fence& fence : fences(text)) out.push_back(std::string(fence.info) + "|" + std::string(fence.content) + (fence.closed ? "" : "|open"));
  return out;
}

std::vector<std::string> phrases(std::string_view text) {
  std::vector<std::string> out;
  for (const Phrase& phrase : announced(text)) out.push_back(std::to_string(static_cast<int>(phrase.kind)) + "|" + std::string(phrase.rest));
  return out;
}

std::string last_json_text(std::string_view text) {
  const auto value = last_json(text);
  return value ? to_json(*value) : "none";
}

TEST(WithoutThinking, follows_its_policy) {
  EXPECT_EQ(without_thinking("a</think>b</think>c", ThinkPolicy::after_last), "c");
  EXPECT_EQ(without_thinking("a</think>b</think>c", ThinkPolicy::after_first), "b</think>c");
  EXPECT_EQ(without_thinking("a</think>b", ThinkPolicy::keep), "a</think>b");
  EXPECT_EQ(without_thinking("plain", ThinkPolicy::after_last), "plain");
}

TEST(WithoutThinking, knows_the_tags_of_other_models) {
  EXPECT_EQ(without_thinking("<thinking>a</thinking>b", ThinkPolicy::after_last), "b");
  EXPECT_EQ(without_thinking("< think >a</think >b", ThinkPolicy::after_last), "b");
  EXPECT_EQ(without_thinking("<|begin_of_thought|>a<|end_of_thought|>b", ThinkPolicy::after_last), "b");
  EXPECT_EQ(without_thinking("<Thought>a", ThinkPolicy::after_last), std::nullopt);
  EXPECT_EQ(without_thinking("if a < think and b > 3", ThinkPolicy::after_last), "if a < think and b > 3");
  EXPECT_EQ(without_thinking("<thinking>a</thinking>b", ThinkPolicy::after_first), "<thinking>a</thinking>b");
}

TEST(WithoutThinking, finds_no_answer_in_thoughts_that_never_end) {
  EXPECT_EQ(without_thinking("<think> \\boxed{5}", ThinkPolicy::after_last), std::nullopt);
  EXPECT_EQ(without_thinking("<think>a</think> b <think> \\boxed{5}", ThinkPolicy::after_last), std::nullopt);
  EXPECT_EQ(without_thinking("<think>a", ThinkPolicy::after_first), "<think>a");
}

TEST(Fences, takes_backticks_tildes_labels_and_line_breaks_of_any_kind) {
  EXPECT_THAT(fence_contents("x\n```python\na\nb\n```\ny\n~~~\nc\n~~~"), ElementsAre("python|a\nb", "|c"));
  EXPECT_THAT(fence_contents("```c++\r\na\r\n```\r\n"), ElementsAre("c++|a"));
  EXPECT_THAT(fence_contents("  ```json title=x \n{}\n   ```  \n"), ElementsAre("json title=x|{}"));
  EXPECT_THAT(fence_contents("````\n```\n````"), ElementsAre("|```"));
  EXPECT_THAT(fence_contents("```\n```"), ElementsAre("|"));
  EXPECT_THAT(fence_contents("```\n~~~\n```"), ElementsAre("|~~~"));
}

TEST(Fences, ends_an_open_one_with_the_text) { EXPECT_THAT(fence_contents("```python\nprint(1)\n"), ElementsAre("python|print(1)|open")); }

TEST(Fences, knows_inline_code) {
  EXPECT_THAT(fence_contents("```inline```"), IsEmpty());
  EXPECT_THAT(fence_contents("use `x` or ``y``"), IsEmpty());
  EXPECT_THAT(fence_contents("a ```b``` c ```d```"), IsEmpty());
}

TEST(Fences, begins_and_ends_in_the_middle_of_a_line) {
  EXPECT_THAT(fence_contents("The code: ```python\nprint(1)```\nbye"), ElementsAre("python|print(1)"));
}

TEST(Fences, are_not_opened_by_a_label_inside_one) { EXPECT_THAT(fence_contents("```\n```python\nx\n```"), ElementsAre("|```python\nx")); }

TEST(Boxes, balances_and_escapes_braces) {
  EXPECT_THAT(box_contents(R"(\boxed{\frac{1}{2}} then \fbox{\{1,2\}})"), ElementsAre(R"(\frac{1}{2})", R"(\{1,2\})"));
  EXPECT_THAT(box_contents(R"(\boxed{a \boxed{b} c})"), ElementsAre(R"(a \boxed{b} c)"));
  EXPECT_THAT(box_contents(R"(\boxed{a \boxed{b})"), ElementsAre("b"));
  EXPECT_THAT(box_contents(R"(\boxed {7})"), ElementsAre("7"));
  EXPECT_THAT(box_contents(R"(\boxed{})"), ElementsAre(""));
  EXPECT_THAT(box_contents(R"(} { \boxed{5} )"), ElementsAre("5"));
  EXPECT_THAT(box_contents(R"(\\boxed{5} \\\boxed{6})"), ElementsAre("5", "6"));
}

TEST(Boxes, reads_a_box_without_braces) {
  EXPECT_THAT(box_contents(R"(so $\boxed 5$ and \boxed 12.)"), ElementsAre("5", "12"));
  EXPECT_THAT(box_contents(R"(\boxed \frac{1}{2}.)"), ElementsAre(R"(\frac{1}{2})"));
  EXPECT_THAT(box_contents("\\boxed"), IsEmpty());
  EXPECT_THAT(box_contents("\\boxedx{5}"), IsEmpty());
}

TEST(Boxes, leaves_out_unbalanced_ones) { EXPECT_THAT(box_contents(R"(\boxed{1} \boxed{2)"), ElementsAre("1")); }

TEST(Boxes, say_where_they_begin_and_of_which_kind) {
  const auto found = boxes(R"(x \fbox{1} \boxed{2})");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_TRUE(found[0].fbox);
  EXPECT_EQ(found[0].offset, 2U);
  EXPECT_FALSE(found[1].fbox);
}

TEST(Tagged, spans_lines_and_prefers_the_innermost_opening) {
  EXPECT_THAT(tagged("<answer>\n1\n</answer> <Answer>2</ANSWER>", "answer"), ElementsAre("\n1\n", "2"));
  EXPECT_THAT(tagged("write <answer> tags: <answer>3</answer>", "answer"), ElementsAre("3"));
  EXPECT_THAT(tagged("<answer>open", "answer"), IsEmpty());
  EXPECT_THAT(tagged("</answer><answers>1</answers>", "answer"), IsEmpty());
}

TEST(Announced, ranks_phrases_and_keeps_the_rest_of_the_line) {
  EXPECT_THAT(phrases("The final answer is 5.\nFinal Answer: **6**\nthe answer is (B). ok\nAnswer : C"), ElementsAre("0|5.", "0|**6**", "1|(B). ok", "2|C"));
  EXPECT_THAT(phrases("**Final Answer:** 7 \n\n**Answer**: 8"), ElementsAre("0|** 7", "2|8"));
  EXPECT_THAT(phrases("the answer is: 5"), ElementsAre("1|5"));
  EXPECT_THAT(phrases("Answer:\n5"), ElementsAre("2|"));
}

TEST(Announced, respects_word_borders) {
  EXPECT_THAT(phrases("The answers: 5, unanswer: 6, answer isn 7, semifinal answer: 8, answer island"), ElementsAre("2|8, answer island"));
  EXPECT_THAT(phrases("answer issues"), IsEmpty());
}

TEST(LastJson, finds_the_last_complete_object_or_array) {
  EXPECT_EQ(last_json_text(R"(first {"a": 1} then {"b": [1, 2]} end)"), R"({"b":[1,2]})");
  EXPECT_EQ(last_json_text(R"(sets {x} and {"a": "}{"} done)"), R"({"a":"}{"})");
  EXPECT_EQ(last_json_text(R"({"a": {"b": 1}, oops})"), R"({"b":1})");
  EXPECT_EQ(last_json_text(R"([1, [2, 3)"), "none");
  EXPECT_EQ(last_json_text(R"({"a": "it's [not] this"})"), R"({"a":"it's [not] this"})");
  EXPECT_EQ(last_json_text("[x[1]"), "[1]");
  EXPECT_EQ(last_json_text("{\"a\n[2]"), "[2]");
  EXPECT_EQ(last_json_text("no"), "none");
  EXPECT_EQ(last_json_text("5"), "none");
  EXPECT_EQ(last_json_text("{} []"), "[]");
}

TEST(LastJson, does_not_take_a_piece_of_what_is_nested_too_deeply) {
  EXPECT_EQ(last_json_text(std::string(100'000, '[') + std::string(100'000, ']')), "none");
}

TEST(Trimmed, knows_the_no_break_space) { EXPECT_EQ(trimmed("\xC2\xA0 \t a\xC2\xA0 b \n\xC2\xA0"), "a\xC2\xA0 b"); }

TEST(ToUtf8, replaces_every_malformed_byte) { EXPECT_EQ(to_utf8("a\xFFé\xE2\x82"), "a\xEF\xBF\xBDé\xEF\xBF\xBD\xEF\xBF\xBD"); }

void extract_everything(std::string_view piece, std::size_t bytes) {
  std::string text;
  text.reserve(bytes + piece.size());
  while (text.size() < bytes) text += piece;
  SCOPED_TRACE(piece);
  boxes(text);
  fences(text);
  tagged(text, "answer");
  announced(text);
  last_json(text);
  without_thinking(text, ThinkPolicy::after_last);
  EXPECT_LE(trimmed(text).size(), text.size());
}

// Each of these is the worst that some extractor can be given: time that grew with the square of the
// length would be hours for ten megabytes.
TEST(Hostile, texts_of_any_kind_are_read_in_linear_time) {
  for (const std::string_view piece : {"\\boxed{", "[", "answer: \\boxed{\\frac{", "<answer>", "```", "```\n", "~~~a\n", "[\"", "[\"\\\"", "[1,", "</think>", "\\boxed \\x{", "final ", " ", "\xff",
                                       "{\"a\":", "``` a", "\\", "final answer is", "**", "[[1]", "answer: \n", "\\boxed a{", "<"}) {
    extract_everything(piece, 500'000);
  }
  for (const std::string_view piece : {"{", "answer:"}) extract_everything(piece, 10'000'000);
}

}  // namespace
}  // namespace xrouter::grade::extract
