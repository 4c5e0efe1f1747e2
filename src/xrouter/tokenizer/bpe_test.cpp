#include "xrouter/tokenizer/bpe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

namespace xrouter::tokenizer {
namespace {

using ::testing::ElementsAre;
using Ids = std::vector<TokenId>;

/// A vocabulary of a few letters, and random merges of it.
struct RandomVocabulary {
  explicit RandomVocabulary(std::uint32_t seed) {
    std::mt19937 random(seed);
    std::vector<std::string> texts = {"a", "b", "c"};
    std::set<std::string> known(texts.begin(), texts.end());
    for (int i = 0; i < 400 && texts.size() < 60; ++i) {
      const std::size_t left = random() % texts.size(), right = random() % texts.size();
      const std::string both = texts[left] + texts[right];
      if (both.size() > 9 || !known.insert(both).second) continue;
      rules.merges.push_back({static_cast<TokenId>(left), static_cast<TokenId>(right), static_cast<TokenId>(texts.size())});
      texts.push_back(both);
    }
    std::shuffle(rules.merges.begin(), rules.merges.end(), random);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      table.append(static_cast<TokenId>(i), texts[i]);
      words.push_back(static_cast<TokenId>(i));
    }
  }

  // As the definition says: always the best pair there is, the leftmost of equals.
  Ids encoded_slowly(std::string_view word) const {
    Ids ids;
    for (const char c : word) ids.push_back(c - 'a');
    while (true) {
      std::size_t best_rank = rules.merges.size(), best_at = 0;
      for (std::size_t at = 0; at + 1 < ids.size(); ++at)
        for (std::size_t rank = 0; rank < best_rank; ++rank)
          if (rules.merges[rank].left == ids[at] && rules.merges[rank].right == ids[at + 1]) best_rank = rank, best_at = at;
      if (best_rank == rules.merges.size()) return ids;
      ids[best_at] = rules.merges[best_rank].result;
      ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(best_at) + 1);
    }
  }

  TokenTable table;
  Ids words;
  BpeRules rules;
};

std::string random_word(std::mt19937& random, std::size_t length) {
  std::string word;
  for (std::size_t i = 0; i < length; ++i) word += static_cast<char>('a' + random() % 3);
  return word;
}

TEST(Bpe, short_and_long_words_are_merged_as_the_definition_says) {
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    const RandomVocabulary vocabulary(seed);
    const Bpe bpe(vocabulary.table, vocabulary.words, vocabulary.rules, std::vector<bool>(vocabulary.table.size()));
    std::mt19937 random(seed);
    for (const std::size_t length : {1, 2, 3, 5, 8, 20, 39, 40, 41, 42, 90}) {
      const std::string word = random_word(random, length);
      for (int again = 0; again < 2; ++again) {  // the second time from the memo
        Ids ids;
        bpe.encode(word, SpecialTokens::parse, ids);
        EXPECT_EQ(ids, vocabulary.encoded_slowly(word)) << word << ", seed " << seed;
      }
    }
  }
}

TEST(Bpe, a_word_of_a_megabyte_takes_no_square_time) {
  const RandomVocabulary vocabulary(3);
  const Bpe bpe(vocabulary.table, vocabulary.words, vocabulary.rules, std::vector<bool>(vocabulary.table.size()));
  std::mt19937 random(1);
  Ids ids;
  bpe.encode(random_word(random, 1'000'000), SpecialTokens::parse, ids);
  EXPECT_LT(ids.size(), 1'000'000u);
}

// "ab" and "c" are special, and yet merges make "ab".
TEST(Bpe, merges_make_no_special_token_of_text) {
  TokenTable table;
  const std::vector<std::string> texts = {"a", "b", "c", "ab", "abb"};
  for (std::size_t i = 0; i < texts.size(); ++i) table.append(static_cast<TokenId>(i), texts[i]);
  BpeRules rules{.merges = {{0, 1, 3}, {3, 1, 4}}};
  for (const bool ignore_merges : {false, true}) {
    rules.ignore_merges = ignore_merges;
    const Bpe bpe(table, {0, 1, 2, 3, 4}, rules, {false, false, true, true, false});
    Ids parsed, text;
    bpe.encode("ab", SpecialTokens::parse, parsed);
    bpe.encode("ab", SpecialTokens::as_text, text);
    EXPECT_THAT(parsed, ElementsAre(3));
    EXPECT_THAT(text, ElementsAre(0, 1));
    bpe.encode("abc", SpecialTokens::as_text, text);
    EXPECT_THAT(text, ElementsAre(0, 1, 0, 1, 2)) << "a byte that has no other token keeps the one it has";
  }
}

TEST(Bpe, bytes_without_a_token_are_unknown_or_left_out) {
  TokenTable table;
  table.append(0, "a");
  table.append(1, "<unk>");
  const std::vector<bool> none_special(2);
  BpeRules rules;
  const auto encoded = [&] {
    Ids ids;
    Bpe(table, {0}, rules, none_special).encode("xaxxa", SpecialTokens::parse, ids);
    return ids;
  };
  EXPECT_THAT(encoded(), ElementsAre(0, 0));
  rules.unknown = 1;
  EXPECT_THAT(encoded(), ElementsAre(1, 0, 1, 1, 0));
  rules.fuse_unknown = true;
  EXPECT_THAT(encoded(), ElementsAre(1, 0, 1, 0));
}

}  // namespace
}  // namespace xrouter::tokenizer
