#include "xrouter/lm/reply_text.hpp"

#include <gtest/gtest.h>

#include "xrouter/base/rng.hpp"
#include "xrouter/lm/toy_tokenizer.hpp"

namespace xrouter::lm {
namespace {

using tokenizer::TokenId;

const ToyTokenizer& toy() {
  static const ToyTokenizer tokenizer;
  return tokenizer;
}

// What the rule says, byte by byte, without tokens.
std::string until_stop(const std::string& text, const std::vector<std::string>& stops) {
  for (std::size_t end = 1; end <= text.size(); ++end) {
    std::size_t longest = 0;
    for (const std::string& stop : stops) {
      if (std::string_view(text).substr(0, end).ends_with(stop)) longest = std::max(longest, stop.size());
    }
    if (longest > 0) return text.substr(0, end - longest);
  }
  return text;
}

TEST(ReplyText, holds_only_what_may_become_a_stop_text) {
  ReplyText text(toy(), {"abX", "bc"});
  EXPECT_EQ(text.add('z'), "z");
  EXPECT_EQ(text.add('a'), "");
  EXPECT_TRUE(text.holding());
  EXPECT_EQ(text.add('b'), "");
  EXPECT_EQ(text.add('a'), "ab") << "'ab' cannot become a stop text any more, 'a' can";
  EXPECT_EQ(text.add('q'), "aq");
  EXPECT_FALSE(text.holding());
  EXPECT_EQ(text.add('b'), "");
  EXPECT_EQ(text.add('c'), "");
  EXPECT_TRUE(text.stopped());
  EXPECT_FALSE(text.holding());
  EXPECT_EQ(text.add('z'), "");
  EXPECT_EQ(text.finish(), "");
}

TEST(ReplyText, gives_back_what_it_held_at_the_end) {
  ReplyText text(toy(), {"stop"});
  for (const char letter : {'s', 't', 'o'}) EXPECT_EQ(text.add(letter), "");
  EXPECT_EQ(text.finish(), "sto");
  EXPECT_FALSE(text.holding());
}

TEST(ReplyText, holds_the_bytes_of_a_character) {
  ReplyText text(toy(), {});
  const TokenId two_of_three = *toy().id_of("\xe2\x82");
  EXPECT_EQ(text.add(two_of_three), "");
  EXPECT_TRUE(text.holding());
  EXPECT_EQ(text.add(0xac), "\xe2\x82\xac");
  EXPECT_FALSE(text.holding());
  EXPECT_EQ(text.add(two_of_three), "");
  EXPECT_EQ(text.finish(), "\xef\xbf\xbd");
}

TEST(ReplyText, special_tokens_have_no_text) {
  ReplyText text(toy(), {"<end>"});
  EXPECT_EQ(text.add(toy().end()), "");
  EXPECT_FALSE(text.stopped());
}

TEST(ReplyText, tokens_do_not_matter_to_stop_texts) {
  const std::string letters = "abct \"";
  int stopped = 0;
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    Rng rng(seed);
    const auto random_text = [&](std::size_t most) {
      std::string text;
      for (std::size_t i = rng.below(most) + 1; i > 0; --i) text += letters[rng.below(letters.size())];
      return text;
    };
    std::vector<std::string> stops;
    for (std::size_t i = rng.below(3); i > 0; --i) stops.push_back(random_text(4));
    std::vector<TokenId> ids;
    for (std::size_t i = rng.below(12); i > 0; --i) {
      for (const TokenId id : toy().encode(random_text(4))) ids.push_back(id);
    }
    ReplyText text(toy(), stops);
    std::string seen;
    for (const TokenId id : ids) {
      seen += text.add(id);
      // Nothing that was shown belongs to a stop text: it is a beginning of the final text.
      ASSERT_TRUE(until_stop(toy().decode(ids), stops).starts_with(seen)) << "seed " << seed;
    }
    seen += text.finish();
    ASSERT_EQ(seen, until_stop(toy().decode(ids), stops)) << "seed " << seed;
    stopped += text.stopped() ? 1 : 0;
  }
  EXPECT_GT(stopped, 250);
}

}  // namespace
}  // namespace xrouter::lm
