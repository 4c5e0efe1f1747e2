#include "xrouter/lm/prefix_cache.hpp"

#include <gtest/gtest.h>

#include "xrouter/base/rng.hpp"
#include "xrouter/lm/toy_model.hpp"

namespace xrouter::lm {
namespace {

using Tokens = std::vector<TokenId>;

struct PrefixCacheTest : testing::Test {
  static constexpr std::size_t kToken = 16;  ///< bytes, as the toy model says

  /// As a request does it: takes what is stored, reads the rest, stores the whole. Returns how much was stored.
  int use(PrefixCache& cache, const Tokens& tokens) {
    std::unique_ptr<KvSequence> sequence = cache.take(tokens, static_cast<int>(tokens.size()) - 1);
    if (!sequence) sequence = model.new_sequence();
    const int shared = sequence->length();
    const std::vector<int> last{static_cast<int>(tokens.size()) - shared - 1};
    const ForwardInput input{.sequence = sequence.get(), .tokens = std::span(tokens).subspan(static_cast<std::size_t>(shared)), .logits_at = last};
    Logits logits;
    model.forward({&input, 1}, logits);
    EXPECT_EQ(logits.values, model.logits_after(tokens)) << "what is reused is what would have been computed";
    cache.put(tokens, std::move(sequence), shared);
    return shared;
  }

  ToyModel model;
};

TEST_F(PrefixCacheTest, uses_the_longest_common_beginning) {
  PrefixCache cache(1 << 20, kToken);
  EXPECT_EQ(use(cache, {1, 2, 3, 4, 5}), 0);
  EXPECT_EQ(use(cache, {1, 2, 3, 9}), 3);
  EXPECT_EQ(use(cache, {1, 2, 3, 4, 6, 7}), 4);
  EXPECT_EQ(use(cache, {2, 2, 3}), 0);
  EXPECT_EQ(use(cache, {1, 2, 3, 4, 5}), 4) << "the last token is always read";
  EXPECT_EQ(cache.match(Tokens{1, 2, 8}, 9), 2);
  EXPECT_EQ(cache.match(Tokens{1, 2, 8}, 1), 1);
}

TEST_F(PrefixCacheTest, counts_what_is_shared_once) {
  PrefixCache cache(1 << 20, kToken);
  use(cache, {1, 2, 3, 4, 5});
  EXPECT_EQ(cache.bytes(), 5 * kToken);
  use(cache, {1, 2, 3, 9, 9});
  EXPECT_EQ(cache.bytes(), 7 * kToken);
  use(cache, {1, 2, 3, 9, 9, 6, 7});
  EXPECT_EQ(cache.size(), 2U) << "a continued entry is replaced";
  EXPECT_EQ(cache.bytes(), 9 * kToken);
  use(cache, {1, 2, 3});
  EXPECT_EQ(cache.size(), 2U) << "a beginning is stored already";
  EXPECT_EQ(cache.bytes(), 9 * kToken);
}

TEST_F(PrefixCacheTest, counts_copies_that_were_computed_twice) {
  PrefixCache cache(1 << 20, kToken);
  for (const TokenId last : {7, 8}) {
    auto sequence = model.new_sequence();
    const Tokens tokens{1, 2, 3, last};
    const ForwardInput input{.sequence = sequence.get(), .tokens = tokens};
    Logits logits;
    model.forward({&input, 1}, logits);
    cache.put(tokens, std::move(sequence), 0);
  }
  EXPECT_EQ(cache.bytes(), 8 * kToken);
}

TEST_F(PrefixCacheTest, what_was_not_used_for_longest_goes_first) {
  PrefixCache cache(10 * kToken, kToken);
  use(cache, {1, 1, 1, 1});
  use(cache, {2, 2, 2, 2});
  EXPECT_EQ(cache.match(Tokens{1, 1, 1, 1}, 4), 4);
  EXPECT_NE(cache.take(Tokens{1, 1}, 2), nullptr);  // a use, unlike match
  use(cache, {3, 3, 3, 3});
  EXPECT_EQ(cache.match(Tokens{1, 1, 1, 1}, 4), 4);
  EXPECT_EQ(cache.match(Tokens{2, 2, 2, 2}, 4), 0);
  EXPECT_LE(cache.bytes(), 10 * kToken);
  use(cache, {4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4});
  EXPECT_EQ(cache.size(), 0U) << "what does not fit alone is not kept";
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST_F(PrefixCacheTest, an_entry_that_goes_does_not_touch_who_runs_on_it) {
  PrefixCache cache(5 * kToken, kToken);
  use(cache, {1, 2, 3, 4});
  const std::unique_ptr<KvSequence> running = cache.take(Tokens{1, 2, 3, 4, 5}, 4);
  use(cache, {9, 9, 9, 9});
  ASSERT_EQ(cache.match(Tokens{1, 2, 3, 4}, 4), 0);
  const Tokens rest{5};
  const std::vector<int> row{0};
  const ForwardInput input{.sequence = running.get(), .tokens = rest, .logits_at = row};
  Logits logits;
  model.forward({&input, 1}, logits);
  EXPECT_EQ(logits.values, model.logits_after(Tokens{1, 2, 3, 4, 5}));
}

TEST_F(PrefixCacheTest, stays_right_and_within_its_bytes_under_random_use) {
  for (std::uint64_t seed = 0; seed < 15; ++seed) {
    Rng rng(seed);
    const std::size_t limit = (20 + rng.below(60)) * kToken;
    PrefixCache cache(limit, kToken);
    for (int i = 0; i < 120; ++i) {
      Tokens tokens;
      for (std::size_t length = 1 + rng.below(20); length > 0; --length) tokens.push_back(static_cast<TokenId>(rng.below(2)));
      use(cache, tokens);
      ASSERT_LE(cache.bytes(), limit);
      ASSERT_TRUE(cache.size() > 0 || cache.bytes() == 0);
    }
    cache.clear();
    EXPECT_EQ(cache.bytes(), 0U);
  }
}

TEST_F(PrefixCacheTest, nothing_is_kept_without_bytes) {
  PrefixCache cache(0, kToken);
  EXPECT_FALSE(cache.enabled());
  EXPECT_EQ(use(cache, {1, 2}), 0);
  EXPECT_EQ(use(cache, {1, 2}), 0);
}

}  // namespace
}  // namespace xrouter::lm
