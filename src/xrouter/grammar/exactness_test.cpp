// Masks against brute force: small random grammars whose strings can all be written down.
#include <gtest/gtest.h>

#include <set>

#include "xrouter/base/rng.hpp"
#include "xrouter/grammar/fake_tokenizer.hpp"
#include "xrouter/grammar/masks.hpp"
#include "xrouter/grammar/matcher.hpp"

namespace xrouter::grammar {
namespace {

using Strings = std::set<std::string>;

// A special token stands in the strings as this byte, which nothing else uses.
constexpr char kCall = '\x01';
constexpr std::size_t kMostStrings = 1500;

/// A random grammar and, worked out apart from it, all its strings. No strings: there were too many.
struct Language {
  Piece piece;
  Strings strings;
};

Strings joined(const Strings& left, const Strings& right) {
  Strings all;
  for (const std::string& a : left)
    for (const std::string& b : right) {
      all.insert(a + b);
      if (all.size() > kMostStrings) return all;
    }
  return all;
}

class RandomLanguage {
 public:
  RandomLanguage(Builder& builder, TokenId call, Rng rng) : builder_(builder), call_(call), rng_(rng) {}

  Language make(int depth) {
    switch (depth == 0 ? rng_.below(3) : rng_.below(7)) {
      case 0:
        return literal();
      case 1:
        return text();
      case 2:
        return rng_.chance(0.5) ? literal() : Language{builder_.token(call_), {std::string(1, kCall)}};
      case 3:
      case 4:
        return sequence(depth);
      case 5:
        return choice(depth);
      default:
        return repeat(depth);
    }
  }

 private:
  std::string word(int most) {
    std::string text;
    for (std::uint64_t i = 0, count = rng_.below(static_cast<std::uint64_t>(most)) + 1; i < count; ++i) text += static_cast<char>('a' + rng_.below(3));
    return text;
  }
  Language literal() {
    const std::string text = word(4);
    return {builder_.literal(text), {text}};
  }
  // The whole alphabet is one byte wide but for `é`, so that limits cut characters.
  Language text() {
    const std::string without = word(2);
    const int most = static_cast<int>(rng_.below(3)) + 1;
    const bool may_be_empty = rng_.chance(0.5);
    Strings all;
    std::vector<std::string> open = {""};
    while (!open.empty()) {
      const std::string text = open.back();
      open.pop_back();
      if (text.find(without) != std::string::npos || static_cast<int>(text.size()) > most) continue;
      if (!text.empty() || may_be_empty) all.insert(text);
      for (const char* each : {"a", "b", "c", "é"}) open.push_back(text + each);
    }
    // The rest of UTF-8 is kept out by forbidding it, byte by byte.
    std::vector<std::string> forbidden = {without};
    for (int byte = 0; byte < 128; ++byte)
      if (byte < 'a' || byte > 'c') forbidden.emplace_back(1, static_cast<char>(byte));
    for (int byte = 0x80; byte < 0x100; ++byte)
      if (byte != 0xc3 && byte != 0xa9) forbidden.emplace_back(1, static_cast<char>(byte));
    return {builder_.text(forbidden, most, may_be_empty), all};
  }
  Language sequence(int depth) {
    std::vector<Piece> pieces;
    Strings all = {""};
    for (std::uint64_t i = 0, count = rng_.below(3) + 1; i < count; ++i) {
      const Language part = make(depth - 1);
      pieces.push_back(part.piece);
      all = joined(all, part.strings);
    }
    return {builder_.sequence(pieces), all};
  }
  Language choice(int depth) {
    std::vector<Piece> pieces;
    Strings all;
    for (std::uint64_t i = 0, count = rng_.below(4) + 1; i < count; ++i) {
      const Language part = make(depth - 1);
      pieces.push_back(part.piece);
      all.insert(part.strings.begin(), part.strings.end());
    }
    return {builder_.choice(pieces), all};
  }
  Language repeat(int depth) {
    const Language part = make(depth - 1);
    const int min = static_cast<int>(rng_.below(3));
    const int max = min + static_cast<int>(rng_.below(2));
    Strings power = {""};
    Strings all;
    for (int i = 0; i <= max; ++i) {
      if (i >= min) all.insert(power.begin(), power.end());
      power = joined(power, part.strings);
    }
    return {builder_.repeat(part.piece, min, max), all};
  }

  Builder& builder_;
  TokenId call_;
  Rng rng_;
};

class Explorer {
 public:
  Explorer(const FakeTokenizer& tokenizer, TokenId call, const Strings& strings) : tokenizer_(tokenizer), call_(call), strings_(strings) {
    for (const std::string& each : strings)
      for (std::size_t length = 0; length <= each.size(); ++length) beginnings_.insert(each.substr(0, length));
  }

  /// Of the bytes alone, without regard to tokenisation: in the mask exactly what is possible.
  void check_masks(Stacks& stacks, const VocabularyIndex& vocabulary, const std::vector<Thread>& threads, const std::string& written) {
    if (++places_ > 150) return;
    const TokenMask mask = Masker(stacks, vocabulary).mask_of(threads);
    for (TokenId id = 0; id < static_cast<TokenId>(tokenizer_.size()); ++id)
      ASSERT_EQ(mask.allows(id), !text_of(id).empty() && beginnings_.contains(written + text_of(id))) << '"' << written << "\" + \"" << text_of(id) << '"';
    for (const char* next : {"a", "b", "c", "\xc3", "\xa9", "\x01"}) {
      std::vector<Thread> behind;
      for (const Thread& thread : threads)
        *next == kCall ? stacks.step_token(thread, call_, behind) : stacks.step(thread, static_cast<std::uint8_t>(*next), behind);
      if (!behind.empty()) check_masks(stacks, vocabulary, behind, written + next);
    }
  }

  void check(const Matcher& matcher, const std::string& written) {
    if (++visited_ > 500) return;
    const Step& step = matcher.next();
    ASSERT_EQ(step.may_end, strings_.contains(written)) << written;
    if (step.may_end) ended_.insert(written);
    std::vector<TokenId> allowed;
    for (TokenId id = 0; id < static_cast<TokenId>(tokenizer_.size()); ++id) {
      const bool possible = !text_of(id).empty() && beginnings_.contains(written + text_of(id));
      const bool is_few = std::ranges::count(step.few, id) > 0;
      const std::string where = '"' + written + "\" + \"" + text_of(id) + '"';
      const bool is_allowed = is_few || (step.many && step.many->allows(id));
      ASSERT_TRUE(possible || !is_allowed) << where;
      Matcher behind = matcher;
      ASSERT_EQ(behind.accept(id), is_allowed) << where;
      if (is_allowed) allowed.push_back(id);
    }
    masks_ += step.many ? 1 : 0;
    ASSERT_TRUE(step.may_end || !allowed.empty()) << "stuck behind " << written;
    for (const TokenId id : allowed) {
      Matcher behind = matcher;
      behind.accept(id);
      check(behind, written + text_of(id));
    }
  }
  /// All strings can be written, unless there were too many ways to try them all.
  void check_that_all_were_written() const {
    if (visited_ > 500) return;
    EXPECT_EQ(ended_, strings_);
  }
  int masks() const { return masks_; }

 private:
  std::string text_of(TokenId id) const {
    if (id == call_) return std::string(1, kCall);
    return tokenizer_.is_special(id) || id == kCall ? std::string() : std::string(tokenizer_.bytes_of(id));
  }
  const FakeTokenizer& tokenizer_;
  TokenId call_;
  const Strings& strings_;
  Strings beginnings_;
  Strings ended_;
  int visited_ = 0;
  int places_ = 0;
  int masks_ = 0;
};

TEST(Exactness, a_token_is_allowed_exactly_when_some_string_goes_on_with_it) {
  const auto tokenizer = std::make_shared<FakeTokenizer>(std::vector<std::string>{"ab", "abc", "bc", "ca", "aa", "é", "bé", "aab", "\xa9" "a", "cc"},
                                                         std::vector<std::string>{"<call>", "<end>"});
  const auto vocabulary = Vocabulary::make(tokenizer, {*tokenizer->id_of("<end>")});
  const TokenId call = *tokenizer->id_of("<call>");
  int grammars = 0;
  int masks = 0;
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    Builder builder;
    const Language language = RandomLanguage(builder, call, Rng(seed)).make(3);
    const auto grammar = builder.build(language.piece);
    if (!grammar || language.strings.empty() || language.strings.size() > kMostStrings) continue;
    Explorer explorer(*tokenizer, call, language.strings);
    explorer.check(Matcher(*grammar, vocabulary), "");
    Stacks stacks((*grammar)->program());
    explorer.check_masks(stacks, dynamic_cast<const VocabularyIndex&>(*vocabulary), {stacks.root()}, "");
    explorer.check_that_all_were_written();
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
    ++grammars;
    masks += explorer.masks();
  }
  EXPECT_GT(grammars, 40);
  EXPECT_GT(masks, 300);
}

TEST(Exactness, finitely_many_strings_have_one_tokenisation_each) {
  const auto tokenizer = std::make_shared<FakeTokenizer>(std::vector<std::string>{"ab", "abc", "bc", "true", "fal", "se", ", ", "[t", "rue"});
  const auto vocabulary = Vocabulary::make(tokenizer, {*tokenizer->id_of("<end>")});
  Builder builder;
  const auto grammar = builder.build(builder.json(R"({"type":"array","items":{"type":"boolean"},"minItems":1,"maxItems":3})"));
  ASSERT_TRUE(grammar.has_value());
  int ways = 0;
  Strings strings;
  std::vector<std::pair<Matcher, std::string>> open = {{Matcher(*grammar, vocabulary), ""}};
  while (!open.empty()) {
    const auto [matcher, text] = open.back();
    open.pop_back();
    const Step& step = matcher.next();
    ASSERT_EQ(step.many, nullptr) << text;
    if (step.may_end) {
      ++ways;
      strings.insert(text);
    }
    for (const TokenId id : step.few) {
      Matcher behind = matcher;
      ASSERT_TRUE(behind.accept(id));
      open.emplace_back(behind, text + std::string(tokenizer->bytes_of(id)));
    }
  }
  EXPECT_EQ(ways, 14);
  EXPECT_EQ(strings.size(), 14U);
}

}  // namespace
}  // namespace xrouter::grammar
