#include "xrouter/tokenizer/tokenizer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xrouter::tokenizer {
namespace {

using ::testing::ElementsAre;

// Bytes a-d and the space, two merges, one special token.
constexpr const char* kTiny = R"({
  "added_tokens": [{"id": 7, "content": "<|end|>", "special": true, "normalized": false}],
  "normalizer": null,
  "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true},
  "decoder": {"type": "ByteLevel"},
  "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2, "Ġ": 3, "ab": 4, "abc": 5, "Ġa": 6}, "merges": ["a b", ["ab", "c"], "Ġ a"]}
})";

TEST(Tokenizer, merges_the_best_ranked_pair_first) {
  const auto tiny = Tokenizer::from_json(kTiny).value();
  EXPECT_THAT(tiny->encode("abcab"), ElementsAre(5, 4));
  EXPECT_THAT(tiny->encode(" ab a"), ElementsAre(3, 4, 6));
  EXPECT_EQ(tiny->size(), 8u);
}

TEST(Tokenizer, finds_special_tokens_only_where_they_count) {
  const auto tiny = Tokenizer::from_json(kTiny).value();
  EXPECT_THAT(tiny->encode("ab<|end|>c", SpecialTokens::parse), ElementsAre(4, 7, 2));
  EXPECT_THAT(tiny->encode("ab<|end|>c", SpecialTokens::as_text), ElementsAre(4, 2));
  EXPECT_TRUE(tiny->is_special(7));
  EXPECT_FALSE(tiny->is_special(4));
  EXPECT_EQ(tiny->decode(std::vector<TokenId>{4, 7, 6, 99, -1}), "ab<|end|> a");
  EXPECT_EQ(tiny->decode(std::vector<TokenId>{4, 7, 6}, true), "ab a");
}

}  // namespace
}  // namespace xrouter::tokenizer
