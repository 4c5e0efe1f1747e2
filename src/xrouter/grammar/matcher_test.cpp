#include "xrouter/grammar/matcher.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "xrouter/grammar/fake_tokenizer.hpp"

namespace xrouter::grammar {
namespace {

struct World {
  explicit World(std::vector<std::string> tokens, std::vector<std::string> special = {"<end>"})
      : tokenizer(std::make_shared<FakeTokenizer>(tokens, special)), vocabulary(Vocabulary::make(tokenizer, {*tokenizer->id_of("<end>")})) {}
  TokenId id(std::string_view text) const { return *tokenizer->id_of(text); }
  std::string text(TokenId id) const { return std::string(tokenizer->bytes_of(id)); }
  Matcher matcher(Builder& builder, Piece root) const {
    auto grammar = builder.build(root);
    EXPECT_TRUE(grammar.has_value()) << (grammar ? "" : grammar.error().public_text);
    return Matcher(*grammar, vocabulary);
  }
  /// Accepts forced tokens as long as there are any.
  std::string forced(Matcher& matcher) const {
    std::string text;
    while (matcher.next().forced()) {
      const TokenId id = matcher.next().few[0];
      text += "[" + std::string(tokenizer->bytes_of(id)) + "]";
      EXPECT_TRUE(matcher.accept(id));
    }
    return text;
  }
  bool accepts(Matcher matcher, std::string_view text) const {
    for (const char c : text)
      if (!matcher.accept(static_cast<TokenId>(static_cast<unsigned char>(c)))) return false;
    return matcher.next().may_end;
  }
  std::shared_ptr<FakeTokenizer> tokenizer;
  std::shared_ptr<const Vocabulary> vocabulary;
};

TEST(Matcher, forces_the_canonical_tokens_of_a_literal) {
  const World world({"he", "hell", "hello", " wor", "ld"});
  Builder builder;
  Matcher matcher = world.matcher(builder, builder.literal("hello world"));
  EXPECT_EQ(world.forced(matcher), "[hello][ wor][ld]");
  EXPECT_TRUE(matcher.next().finished());
  EXPECT_TRUE(matcher.next().may_end);
}

TEST(Matcher, takes_an_end_token_where_the_grammar_has_it_inside) {
  const World world({});
  Builder builder;
  Matcher matcher = world.matcher(builder, builder.sequence({builder.token(world.id("<end>")), builder.literal("x")}));
  EXPECT_FALSE(matcher.next().may_end);
  ASSERT_TRUE(matcher.accept(world.id("<end>")));
  EXPECT_FALSE(matcher.accept(world.id("<end>")));
  ASSERT_TRUE(matcher.accept('x'));
  EXPECT_TRUE(matcher.next().may_end);
}

// Every alternative begins with the same byte, so that readings multiply with each byte of a token.
TEST(Matcher, alternatives_that_begin_alike_cost_bounded_work) {
  const World world({"[[", "[[[", "[[[["});
  std::string schema = R"({"anyOf":[{"type":"null"})";
  for (int i = 1; i <= 150; ++i) schema += R"(,{"type":"array","items":{"$ref":"#"},"maxItems":)" + std::to_string(i) + "}";
  Builder builder;
  const auto grammar = builder.build(builder.json(schema + "]}"));
  if (!grammar) return;  // refused: just as good
  try {
    Matcher matcher(*grammar, world.vocabulary);
    for (int i = 0; i < 3 && matcher.accept(world.id("[[")); ++i) matcher.next();
  } catch (const std::length_error&) {
    SUCCEED() << "its request ends";
  }
}

TEST(Matcher, lets_few_alternatives_be_chosen_by_their_canonical_tokens_only) {
  const World world({"gp", "gpt", "gpt-4", "cla", "ude"});
  Builder builder;
  Matcher matcher = world.matcher(builder, builder.choice({builder.literal("gpt"), builder.literal("gpt-4o"), builder.literal("claude")}));
  EXPECT_EQ(matcher.next().few, (std::vector<TokenId>{world.id("gpt"), world.id("gpt-4"), world.id("cla")}));
  EXPECT_FALSE(matcher.accept(world.id("gp")));
  Matcher other = matcher;
  ASSERT_TRUE(matcher.accept(world.id("gpt")));
  EXPECT_TRUE(matcher.next().finished());
  ASSERT_TRUE(other.accept(world.id("gpt-4")));
  EXPECT_EQ(world.forced(other), "[o]");
}

TEST(Matcher, leaves_the_last_token_open_where_a_longer_one_reaches_into_the_free_text) {
  const World world({": ", "\"", "\"Hi", "Hi", "key"});
  Builder builder;
  const Piece string = builder.sequence({builder.literal("key: \""), builder.text({"\""}, 100, true), builder.literal("\"")});
  Matcher matcher = world.matcher(builder, string);
  EXPECT_EQ(world.forced(matcher), "[key][: ]");  // the quote is not forced: `"Hi` begins with it
  ASSERT_NE(matcher.next().many, nullptr);
  EXPECT_TRUE(matcher.next().many->allows(world.id("\"Hi")));
  EXPECT_TRUE(matcher.next().many->allows(world.id("\"")));
  EXPECT_FALSE(matcher.next().many->allows(world.id("Hi")));
  ASSERT_TRUE(matcher.accept(world.id("\"Hi")));
  EXPECT_TRUE(world.accepts(matcher, "!\""));
}

TEST(Matcher, allows_no_pieces_of_the_tokens_before_a_border) {
  const World world({" \"", " \"Hi", "null", "nu"});
  Builder builder;
  const Piece string = builder.sequence({builder.literal(" \""), builder.text({"\""}, 100, true), builder.literal("\"")});
  Matcher matcher = world.matcher(builder, builder.choice({string, builder.literal("null")}));
  ASSERT_NE(matcher.next().many, nullptr);
  for (const char* good : {" \"", " \"Hi", "null"}) EXPECT_TRUE(matcher.next().many->allows(world.id(good))) << good;
  for (const char* piece : {" ", "nu", "n"}) EXPECT_FALSE(matcher.next().many->allows(world.id(piece))) << piece;
  EXPECT_FALSE(matcher.accept(world.id(" ")));
  EXPECT_TRUE(matcher.accept(world.id("null")));
}

TEST(Matcher, lets_a_token_that_ends_a_text_bring_along_what_follows) {
  const World world({"\",", "\", \"", ", ", ", \"", "key"});
  Builder builder;
  Matcher matcher = world.matcher(builder, builder.sequence({builder.text({"\""}, 100, true), builder.literal("\", \"key")}));
  ASSERT_NE(matcher.next().many, nullptr);
  for (const auto& [token, rest] : {std::pair("\"", "[, \"][key]"), std::pair("\",", "[ ][\"][key]"), std::pair("\", \"", "[key]")}) {
    Matcher behind = matcher;
    ASSERT_TRUE(behind.accept(world.id(token))) << token;
    EXPECT_EQ(world.forced(behind), rest) << token;
  }
}

/// As one that normalizes its input.
struct RewritingTokenizer : FakeTokenizer {
  RewritingTokenizer() : FakeTokenizer({"A\xcc\x8a", "\xc3\x85"}) {}
  std::vector<TokenId> encode(std::string_view text, tokenizer::SpecialTokens special) const override {
    return FakeTokenizer::encode(text == "A\xcc\x8a" ? "\xc3\x85" : text, special);
  }
};

TEST(Matcher, writes_exactly_what_was_asked_where_the_tokenizer_would_rewrite_it) {
  const auto tokenizer = std::make_shared<RewritingTokenizer>();
  Builder builder;
  Matcher matcher(*builder.build(builder.literal("A\xcc\x8a")), Vocabulary::make(tokenizer, {}));
  ASSERT_NE(matcher.next().many, nullptr);
  EXPECT_TRUE(matcher.next().many->allows(*tokenizer->id_of("A\xcc\x8a")));
  EXPECT_FALSE(matcher.next().many->allows(*tokenizer->id_of("\xc3\x85")));
}

TEST(Matcher, forces_up_to_the_border_where_no_token_crosses_it) {
  const World world({"key", ": '"});
  Builder builder;
  Matcher matcher = world.matcher(builder, builder.sequence({builder.literal("key: '"), builder.text({"'"}, 100, true), builder.literal("'")}));
  EXPECT_EQ(world.forced(matcher), "[key][: ']");
}

TEST(Matcher, takes_special_tokens_by_id_and_never_by_their_text) {
  const World world({}, {"<end>", "<call>"});
  Builder builder;
  Matcher matcher = world.matcher(builder, builder.choice({builder.sequence({builder.token(world.id("<call>")), builder.literal("x")}), builder.text({}, 10, false)}));
  ASSERT_NE(matcher.next().many, nullptr);
  EXPECT_TRUE(matcher.next().many->allows(world.id("<call>")));
  EXPECT_TRUE(matcher.next().many->allows('<'));
  EXPECT_FALSE(matcher.next().may_end);
  ASSERT_TRUE(matcher.accept(world.id("<call>")));
  EXPECT_EQ(world.forced(matcher), "[x]");
  EXPECT_TRUE(matcher.next().finished());
}

TEST(Matcher, ends_a_text_anywhere_between_characters) {
  const World world({"é"});
  Builder builder;
  Matcher matcher = world.matcher(builder, builder.text({"stop"}, 8, false));
  EXPECT_FALSE(matcher.next().may_end);
  ASSERT_TRUE(matcher.accept(0xc3));
  EXPECT_FALSE(matcher.next().may_end);
  EXPECT_FALSE(matcher.next().many && matcher.next().many->allows('a'));
  ASSERT_TRUE(matcher.accept(0xa9));
  EXPECT_TRUE(matcher.next().may_end);
  EXPECT_TRUE(world.accepts(matcher, "sto"));  // a beginning of what is forbidden is fine
  EXPECT_FALSE(world.accepts(matcher, "stop"));
  EXPECT_TRUE(world.accepts(matcher, "abcdef"));
  EXPECT_FALSE(world.accepts(matcher, "abcdefg"));  // two bytes and seven are one too many
}

TEST(Matcher, never_begins_a_character_that_does_not_fit_any_more) {
  const World world({});
  Builder builder;
  Matcher matcher = world.matcher(builder, builder.text({}, 2, true));
  EXPECT_TRUE(matcher.next().many->allows(0xc3));
  EXPECT_FALSE(matcher.next().many->allows(0xe2));
  ASSERT_TRUE(matcher.accept('a'));
  EXPECT_FALSE(matcher.next().many->allows(0xc3));
}

TEST(Matcher, looks_ahead_through_all_few_alternatives) {
  const World world({"{\"name\": \"", "alpha", "beta", "\"}"});
  Builder builder;
  Matcher matcher = world.matcher(builder, builder.sequence({builder.literal("{\"name\": \""), builder.choice({builder.literal("alpha"), builder.literal("beta")}), builder.literal("\"}")}));
  const LookAhead tree = look_ahead(matcher, 100);
  ASSERT_EQ(tree.nodes.size(), 5U);
  EXPECT_EQ(tree.nodes[0].parent, -1);
  EXPECT_EQ(world.text(tree.nodes[1].token), "alpha");
  EXPECT_EQ(world.text(tree.nodes[2].token), "beta");
  EXPECT_EQ(tree.nodes[3].parent, 1);
  EXPECT_EQ(tree.nodes[4].parent, 2);
  EXPECT_EQ(look_ahead(matcher, 2).nodes.size(), 2U);
}

TEST(Matcher, accepts_what_it_allows_when_there_are_more_readings_than_it_keeps) {
  const World world({"a1999;"});
  Builder builder;
  std::vector<Piece> pieces;
  for (int i = 0; i < 2000; ++i) pieces.push_back(builder.sequence({builder.literal("a" + std::to_string(i)), builder.literal(";")}));
  Matcher matcher = world.matcher(builder, builder.choice(pieces));
  ASSERT_NE(matcher.next().many, nullptr);
  ASSERT_TRUE(matcher.next().many->allows(world.id("a1999;")));
  ASSERT_TRUE(matcher.accept(world.id("a1999;")));
  EXPECT_TRUE(matcher.next().finished());
}

TEST(Matcher, writes_the_json_that_a_schema_describes) {
  const World world({});
  Builder builder;
  const Piece json = builder.json(R"({"type":"object","properties":{"a":{"type":"integer"},"b":{"type":["string","null"]},"c":{"enum":[1,"x",[2]]}},"required":["a"]})");
  const Matcher matcher = world.matcher(builder, json);
  for (const char* good : {R"({"a": 1})", R"({"a": -20, "b": "\u00e9\ud83d\ude00"})", R"({"a": 0, "b": null, "c": [2]})", R"({"a": 5, "c": "x"})"})
    EXPECT_TRUE(world.accepts(matcher, good)) << good;
  for (const char* bad : {R"({})", R"({"a": 01})", R"({"b": ""})", R"({"a": 1.5})", R"({"a": 1, "b": "\ud83d"})", R"({"a": 1, "d": 1})", R"({"a":1})", "[]"})
    EXPECT_FALSE(world.accepts(matcher, bad)) << bad;
}

}  // namespace
}  // namespace xrouter::grammar
