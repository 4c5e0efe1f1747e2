#include "xrouter/tokenizer/added_tokens.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xrouter::tokenizer {
namespace {

using ::testing::ElementsAre;

// Pieces in brackets, tokens by their id.
std::vector<std::string> split(std::vector<AddedToken> tokens, std::string_view text, SpecialTokens special = SpecialTokens::parse) {
  std::vector<AddedSplit> pieces;
  AddedTokenFinder::make(std::move(tokens)).value().split(text, special, pieces);
  std::vector<std::string> shown;
  for (const AddedSplit& piece : pieces)
    shown.push_back(piece.token >= 0 ? std::to_string(piece.token) : "[" + std::string(piece.range.of(text)) + "]");
  return shown;
}

AddedToken token(std::string content, TokenId id) {
  AddedToken made;
  made.content = std::move(content);
  made.id = id;
  return made;
}

TEST(AddedTokens, the_leftmost_and_of_these_the_longest_is_found) {
  const std::vector<AddedToken> tokens = {token("<|im", 1), token("<|im_start|>", 2), token("im_", 3)};
  EXPECT_THAT(split(tokens, "a<|im_start|>b"), ElementsAre("[a]", "2", "[b]"));
  EXPECT_THAT(split(tokens, "a<|im_start"), ElementsAre("[a]", "1", "[_start]"));
  EXPECT_THAT(split(tokens, "<<|im_im_"), ElementsAre("[<]", "1", "[_]", "3"));
  EXPECT_THAT(split(tokens, ""), ElementsAre());
  EXPECT_THAT(split({}, "abc"), ElementsAre("[abc]"));
}

TEST(AddedTokens, special_ones_are_text_in_text) {
  std::vector<AddedToken> tokens = {token("<|im", 1), token("<|im_start|>", 2)};
  tokens[1].special = true;
  EXPECT_THAT(split(tokens, "<|im_start|> <|im", SpecialTokens::as_text), ElementsAre("[<|im_start|> ]", "1"));
}

TEST(AddedTokens, white_space_goes_with_those_that_take_it) {
  std::vector<AddedToken> tokens = {token("X", 1), token("Y", 2)};
  tokens[0].lstrip = true;
  tokens[1].rstrip = true;
  EXPECT_THAT(split(tokens, "a \xC2\xA0 X b"), ElementsAre("[a]", "1", "[ b]"));
  EXPECT_THAT(split(tokens, "a Y \n\xE3\x80\x80 b"), ElementsAre("[a ]", "2", "[b]"));
  EXPECT_THAT(split(tokens, "Y  X"), ElementsAre("2", "1"));
}

TEST(AddedTokens, one_that_was_taken_as_white_space_is_not_found_again) {
  std::vector<AddedToken> tokens = {token("  ", 1)};
  tokens[0].lstrip = tokens[0].rstrip = true;
  EXPECT_THAT(split(tokens, "  \n  \nx"), ElementsAre("1", "[x]"));
}

TEST(AddedTokens, single_words_have_no_letter_next_to_them) {
  std::vector<AddedToken> tokens = {token("word", 1)};
  tokens[0].single_word = true;
  EXPECT_THAT(split(tokens, "word, word"), ElementsAre("1", "[, ]", "1"));
  EXPECT_THAT(split(tokens, "words \xC3\xA9word word_ word\xE2\x80\x8D"), ElementsAre("[words \xC3\xA9word word_ word\xE2\x80\x8D]"));
}

TEST(AddedTokens, two_with_one_text_are_refused) { EXPECT_FALSE(AddedTokenFinder::make({token("x", 1), token("x", 2)}).has_value()); }

}  // namespace
}  // namespace xrouter::tokenizer
