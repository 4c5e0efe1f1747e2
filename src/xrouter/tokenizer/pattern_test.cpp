#include "xrouter/tokenizer/pattern.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "xrouter/tokenizer/pattern_dialect.hpp"
#include "xrouter/tokenizer/pre_tokenizer.hpp"
#include "xrouter/tokenizer/unicode_version.hpp"

namespace xrouter::tokenizer {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> matches(const Pattern& pattern, const std::string& text) {
  Pattern::Scratch scratch;
  std::vector<Range> ranges;
  EXPECT_TRUE(pattern.find_all(text, scratch, ranges));
  std::vector<std::string> found;
  for (const Range& range : ranges) found.emplace_back(range.of(text));
  return found;
}

std::vector<std::string> matches(const std::string& pattern, const std::string& text) {
  return matches(Pattern::compile(pattern).value(), text);
}

std::vector<std::string> words(const PreTokenizer& pre_tokenizer, const std::string& text) {
  Pattern::Scratch scratch;
  const auto split = pre_tokenizer.split(text, scratch);
  std::vector<std::string> found;
  for (const Range& range : split.words) found.emplace_back(range.of(split.spaced ? *split.spaced : text));
  return found;
}

TEST(Pattern, reads_rubys_syntax) {
  EXPECT_THAT(matches(R"(\h+)", "xAf0 g"), ElementsAre("Af0")) << "hexadecimal digits, not horizontal space";
  EXPECT_THAT(matches(R"(a$)", "a\nba\n"), ElementsAre("a", "a")) << "$ is the end of a line";
  EXPECT_THAT(matches(R"(\u4e00|\x{41}|\x42)", "\xE4\xB8\x80 A B"), ElementsAre("\xE4\xB8\x80", "A", "B"));
  EXPECT_THAT(matches(R"(\w+)", "a\xCC\x81_1 \xE2\x85\xA7 \xE2\x92\xB6"), ElementsAre("a\xCC\x81_1", "\xE2\x85\xA7", "\xE2\x92\xB6"));
  EXPECT_THAT(matches(R"(\d+)", "12 \xD9\xA3\xD9\xA4 \xC2\xB2"), ElementsAre("12", "\xD9\xA3\xD9\xA4"));
  EXPECT_THAT(matches(R"(\s+)", "a\xC2\x85\xE3\x80\x80 b"), ElementsAre("\xC2\x85\xE3\x80\x80 "));
  EXPECT_THAT(matches(R"((?i:'s))", "'S '\xC5\xBF"), ElementsAre("'S", "'\xC5\xBF")) << "the long s folds to s";
}

TEST(Pattern, refuses_what_the_dialects_read_differently) {
  for (const char* pattern :
       {R"(\bx)", R"((a)\1)", R"([a[bc]])", R"([a&&b])", R"([[:alpha:]])", "a(?i)b",  "(?m:.)",     "a{1,3}+", "a{2}?",
        "a{,3}",  "(*UTF)a",  R"(\K)",      R"(\X)",     R"(\p{L)",        R"(\pL)",  R"([\W])",    "[]a]",    "[a",
        R"(\)",   R"(\Qa\E)", "(?<name>a)", "(?#x)",     R"(\u12)",        R"(\x{})", "a\\\xC3\xA9"})
    EXPECT_FALSE(pcre2_of_oniguruma(pattern).has_value()) << pattern;
}

TEST(Pattern, empty_matches_count_once_between_characters) {
  EXPECT_THAT(matches("b*", "abbc"), ElementsAre("", "bb", "")) << "none right behind a match";
  EXPECT_THAT(matches("(?=[A-Z])", "aBC"), ElementsAre("", ""));
  EXPECT_THAT(matches("x*", "\xC3\xA9"), ElementsAre("", ""));
}

TEST(Pattern, a_literal_means_itself) {
  EXPECT_THAT(matches(Pattern::literal("a.b*(\\").value(), "aab a.b*(\\"), ElementsAre("a.b*(\\"));
  EXPECT_THAT(matches(Pattern::literal(" ").value(), "a b"), ElementsAre(" "));
}

// Ten megabytes of what makes these patterns look back: done in one pass.
TEST(Pattern, long_runs_take_no_square_time) {
  const auto pattern = Pattern::compile(R"([^\r\n\p{L}\p{N}]?\p{L}+| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)").value();
  EXPECT_EQ(matches(pattern, std::string(10'000'000, ' ') + "x").size(), 2u);
  EXPECT_EQ(matches(pattern, std::string(10'000'000, '=')).size(), 1u);
}

TEST(Pattern, a_search_without_end_is_given_up) {
  // Passes the probes, which have no braces, and takes exponential time here.
  const auto pattern = Pattern::compile(R"(\{(?:[{}]+)+x)").value();
  Pattern::Scratch scratch;
  std::vector<Range> found;
  EXPECT_FALSE(pattern.find_all(std::string(100, '{') + "yx", scratch, found));
}

TEST(PreTokenizer, behaviours_join_matches_with_their_neighbours) {
  const auto pieces = [](SplitBehaviour behaviour) {
    PreTokenizer pre_tokenizer;
    pre_tokenizer.steps.push_back(SplitStep{.pattern = Pattern::compile("-").value(), .behaviour = behaviour});
    return words(pre_tokenizer, "the-final--countdown");
  };
  EXPECT_THAT(pieces(SplitBehaviour::isolated), ElementsAre("the", "-", "final", "-", "-", "countdown"));
  EXPECT_THAT(pieces(SplitBehaviour::removed), ElementsAre("the", "final", "countdown"));
  EXPECT_THAT(pieces(SplitBehaviour::merged_with_previous), ElementsAre("the-", "final-", "-", "countdown"));
  EXPECT_THAT(pieces(SplitBehaviour::merged_with_next), ElementsAre("the", "-final", "-", "-countdown"));
  EXPECT_THAT(pieces(SplitBehaviour::contiguous), ElementsAre("the", "-", "final", "--", "countdown"));
}

TEST(PreTokenizer, spaces_are_added_after_the_steps) {
  PreTokenizer pre_tokenizer;
  pre_tokenizer.steps.push_back(DigitsStep{.individual = true});
  pre_tokenizer.add_prefix_space = true;
  EXPECT_THAT(words(pre_tokenizer, "a12 b"), ElementsAre(" a", " 1", " 2", " b"));
  EXPECT_THAT(words(pre_tokenizer, ""), ElementsAre());
}

// U+31350 came with Unicode 15, U+1E4D0 as well, U+16EC0 is not assigned yet; U+180E is no white space.
TEST(UnicodeVersion, later_characters_count_as_what_they_are) {
  PreTokenizer pre_tokenizer;
  pre_tokenizer.steps.push_back(SplitStep{.pattern = Pattern::compile(R"(\p{L}+|\p{N}+|\s+)").value()});
  EXPECT_THAT(words(pre_tokenizer,
                    "a\xF0\xB1\x8D\x90\xF0\x9E\x93\x90"
                    "1\xF0\x90\xB5\x80 \xE1\xA0\x8E "),
              ElementsAre("a\xF0\xB1\x8D\x90\xF0\x9E\x93\x90", "1\xF0\x90\xB5\x80", " ", "\xE1\xA0\x8E", " "));
  EXPECT_FALSE(stand_in("plain \xC3\xA9 \xE4\xB8\x80").has_value());
}

}  // namespace
}  // namespace xrouter::tokenizer
