#include "xrouter/tokenizer/normalizer.hpp"

#include <gtest/gtest.h>

#include "xrouter/tokenizer/utf8.hpp"

namespace xrouter::tokenizer {
namespace {

std::string composed(const std::string& text) { return nfc(text).value_or(text); }

TEST(Nfc, composes_orders_and_leaves_the_rest) {
  EXPECT_EQ(composed("plain"), "plain");
  EXPECT_EQ(composed("e\u0301"), "\u00E9");
  EXPECT_EQ(composed("s\u0307\u0323"), "\u1E69") << "marks are ordered first";
  EXPECT_EQ(composed("\u212B \u2126"), "\u00C5 \u03A9");
  EXPECT_EQ(composed("\u1100\u1161\u11A8"), "\uAC01");
  EXPECT_EQ(composed("\u0958"), "\u0915\u093C") << "excluded from composition";
  EXPECT_EQ(composed("\uFB01\u00B2"), "\uFB01\u00B2") << "compatibility characters stay";
}

TEST(Nfc, says_when_there_is_nothing_to_do) {
  EXPECT_FALSE(nfc("caf\u00E9, \u4E2D\u6587 \uD55C\uAD6D\uC5B4 \u3042\u30AC").has_value());
  EXPECT_FALSE(nfc("").has_value());
}

// U+11D45 (Unicode 10) and U+0898 (Unicode 14) are marks that would be ordered; U+11938 would come apart.
TEST(Nfc, characters_after_unicode_9_stay_where_they_are) {
  for (const std::string text :
       {"q\u0308\U00011D45\u0330", "x\u0345\u0898", "\U00011935\U00011930", "\U00011938", "x\U0010FFFF\u0301", "x\u0345\U00010D69"})
    EXPECT_EQ(composed(text), text);
}

TEST(Nfc, a_long_run_of_marks_takes_no_square_time) {
  std::string text = "a";
  for (int i = 0; i < 200'000; ++i) text += i % 2 == 0 ? "\u0301" : "\u0323";
  const std::string result = composed(text);
  EXPECT_TRUE(result.starts_with("\u1EA1\u0323")) << "all the marks below come first, one is composed";
  EXPECT_TRUE(result.ends_with("\u0301"));
  EXPECT_EQ(result.size(), text.size());
}

std::string repaired(std::string_view bytes) {
  std::string text;
  append_valid(bytes, false, text);
  return text;
}

// What Python's bytes.decode("utf-8", "replace") says.
TEST(Utf8, malformed_parts_become_replacement_characters) {
  EXPECT_EQ(repaired("a\xFFz"), "a\uFFFDz");
  EXPECT_EQ(repaired("\xE2\x82"), "\uFFFD");
  EXPECT_EQ(repaired("\xE2\x82z"), "\uFFFDz");
  EXPECT_EQ(repaired("\xF0\x9F\x99\xC3\xA9"), "\uFFFD\u00E9");
  EXPECT_EQ(repaired("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD") << "a surrogate";
  EXPECT_EQ(repaired("\xC0\x80\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD");
}

TEST(Utf8, an_incomplete_end_is_held_back_only_while_it_can_become_a_character) {
  std::string out;
  EXPECT_EQ(append_valid("a\xF0\x9F\x99", true, out), 1u);
  EXPECT_EQ(append_valid("\xF0\x9F\x99z", true, out), 4u);
  EXPECT_EQ(append_valid("\xED\xA0", true, out), 2u);
  EXPECT_EQ(out, "a\uFFFDz\uFFFD\uFFFD");
}

}  // namespace
}  // namespace xrouter::tokenizer
