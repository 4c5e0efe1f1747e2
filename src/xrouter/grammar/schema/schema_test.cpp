#include <gtest/gtest.h>

#include "xrouter/grammar/fake_tokenizer.hpp"
#include "xrouter/grammar/matcher.hpp"

namespace xrouter::grammar {
namespace {

Result<std::shared_ptr<const Grammar>> grammar_of(std::string_view schema, const JsonStyle& style = {}) {
  Builder builder;
  return builder.build(builder.json(schema, style));
}

std::string refusal(std::string_view schema) {
  const auto grammar = grammar_of(schema);
  if (grammar) return "accepted";
  EXPECT_EQ(grammar.error().kind, ErrorKind::invalid_request);
  return grammar.error().public_text;
}

bool writes(std::string_view schema, std::string_view reply, const JsonStyle& style = {}) {
  static const auto tokenizer = std::make_shared<FakeTokenizer>(std::vector<std::string>{});
  static const auto vocabulary = Vocabulary::make(tokenizer, {});
  const auto grammar = grammar_of(schema, style);
  if (!grammar) {
    ADD_FAILURE() << schema << ": " << grammar.error().public_text;
    return false;
  }
  Matcher matcher(*grammar, vocabulary);
  for (const char c : reply)
    if (!matcher.accept(static_cast<TokenId>(static_cast<unsigned char>(c)))) return false;
  return matcher.next().may_end;
}

void expect(std::string_view schema, std::initializer_list<const char*> good, std::initializer_list<const char*> bad) {
  for (const char* each : good) EXPECT_TRUE(writes(schema, each)) << schema << " " << each;
  for (const char* each : bad) EXPECT_FALSE(writes(schema, each)) << schema << " " << each;
}

TEST(Schema, an_empty_one_is_any_object) {
  for (const char* schema : {"", "  ", R"({"type":"object"})", R"({"type":"object","properties":{}})"})
    expect(schema, {"{}", R"({"a": [1, {"b": null}], "c": "x"})"}, {"[]", "1", "{,}", R"({"a": })"});
}

TEST(Schema, closes_objects_that_name_their_properties_unless_it_says_otherwise) {
  expect(R"({"type":"object","properties":{"a":{"type":"null"}}})", {"{}", R"({"a": null})"}, {R"({"b": 1})"});
  expect(R"({"type":"object","properties":{"a":{"type":"null"}},"additionalProperties":true})", {R"({"b": 1})", R"({"a": null, "ab": []})"}, {R"({"a": 1})"});
  expect(R"({"properties":{"a":{"type":"null"}},"type":"object","additionalProperties":{"type":"boolean"}})", {R"({"b": true, "c": false})"},
         {R"({"b": 1})", R"({"": true})", R"({"a": true})", R"({"\u0061": true})"});
  expect(R"({"type":"object","additionalProperties":false})", {"{}"}, {R"({"a": 1})"});
  expect(R"({"type":"object","required":["x"]})", {R"({"x": 1})", R"({"x": [], "y": 0})"}, {"{}"});
}

TEST(Schema, bounds_numbers_exactly) {
  expect(R"({"type":"integer"})", {"0", "-1", "999999999999999"}, {"-0", "01", "1.0", "1e3", "1000000000000000", "+1", "-"});
  expect(R"({"type":"integer","minimum":-5,"exclusiveMaximum":120})", {"-5", "0", "119", "7"}, {"-6", "120", "1000", "-10"});
  expect(R"({"type":"integer","minimum":5,"maximum":1000000})", {"5", "1000000", "70", "999999"}, {"4", "1000001", "-5", "0"});
  expect(R"({"type":"number"})", {"0", "-1.50", "1e5", "2.5E-10", "-0.5"}, {"-0", ".5", "1.", "1e", "1e100", "0e"});
  expect(R"({"type":"number","minimum":-0.25,"maximum":1.5})", {"-0.25", "0", "0.0", "1.5", "1.50", "1.499", "-0.1"}, {"-0.26", "-0.250001", "1.51", "2", "-1", "1.5000001", "1e0"});
  expect(R"({"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1})", {"0.5", "0.00001", "0.999"}, {"0", "0.0", "1", "1.0", "-0.5"});
  expect(R"({"type":"number","minimum":-10,"maximum":-2.5})", {"-2.5", "-10", "-9.99", "-10.0"}, {"-2.4", "-10.1", "0", "2.5", "-11"});
  expect(R"({"type":"integer","minimum":0,"maximum":0})", {"0"}, {"1", "-0"});
  expect(R"({"type":"integer","format":"int32"})", {"2147483647", "-2147483648"}, {"2147483648"});
  EXPECT_EQ(refusal(R"({"type":"integer","minimum":2,"maximum":1})"), "schema: no value fits it");
  EXPECT_EQ(refusal(R"({"type":"number","exclusiveMinimum":1,"maximum":1})"), "schema: no value fits it");
  EXPECT_EQ(refusal(R"({"type":"integer","minimum":1e20})"), "schema: no value fits it");
}

TEST(Schema, bounds_strings_in_characters) {
  expect(R"({"type":"string","minLength":2,"maxLength":3})", {R"("ab")", R"("éé😀")", R"("\ud83d\ude00x")", R"("\n\"")"}, {R"("a")", R"("abcd")", R"("😀")", R"("\ude00ab")"});
  expect(R"({"type":"string","pattern":"^a+$","minLength":2,"maxLength":3})", {R"("aa")", R"("aaa")"}, {R"("a")", R"("aaaa")"});
  expect(R"({"allOf":[{"type":"string","pattern":"^[a-m]+$"},{"pattern":"[k-z]$"}]})", {R"("abk")"}, {R"("abz")", R"("ka")"});
  expect(R"({"type":"string","format":"date"})", {R"("2024-02-29")"}, {R"("2023-02-29")"});
}

TEST(Schema, bounds_arrays) {
  expect(R"({"type":"array","items":{"type":"integer"},"minItems":1,"maxItems":3})", {"[1]", "[1, 2, 3]"}, {"[]", "[1, 2, 3, 4]", "[1,2]", "[1, ]"});
  expect(R"({"type":"array","prefixItems":[{"type":"null"},{"type":"boolean"}],"items":{"type":"integer"},"minItems":1})", {"[null]", "[null, true]", "[null, true, 1, 2]"},
         {"[]", "[true]", "[null, 1]"});
  expect(R"({"type":"array","prefixItems":[{"type":"null"}],"items":false})", {"[]", "[null]"}, {"[null, 1]"});
  expect(R"({"type":"array","items":false})", {"[]"}, {"[1]"});
  expect(R"({"type":"array","items":{"type":"null"},"maxItems":1,"uniqueItems":true})", {"[]", "[null]"}, {"[null, null]"});
}

TEST(Schema, takes_alternatives_and_conjunctions_apart) {
  expect(R"({"anyOf":[{"type":"string","maxLength":1},{"type":"integer","minimum":9}],"not":false})", {R"("a")", "10"}, {R"("ab")", "8"});
  expect(R"({"type":["string","null"],"nullable":true})", {R"("")", "null"}, {"1"});
  expect(R"({"type":"object","properties":{"a":{"type":"integer"}},"allOf":[{"required":["a"]},{"properties":{"a":{"maximum":3},"b":{"type":"null"}}}]})",
         {R"({"a": 3})", R"({"a": -1, "b": null})"}, {"{}", R"({"a": 4})"});
  expect(R"({"enum":["a",1,{"k":[1,"x"]},1.5],"type":["string","object"]})", {R"("a")", R"({"k": [1, "x"]})"}, {"1", "1.5"});
  expect(R"({"$ref":"#/$defs/a~1b%20c","maximum":5,"$defs":{"a/b c":{"type":"integer"}}})", {"5"}, {"6", "1.5"});
  expect(R"({"oneOf":[{"type":"integer"},{"type":"string"}]})", {"1", R"("x")"}, {"null"});
}

TEST(Schema, follows_recursion_as_deep_as_the_style_allows) {
  const char* tree = R"({"type":"object","properties":{"next":{"$ref":"#"}}})";
  const JsonStyle style{.max_depth = 5};
  const auto nested = [](int levels) {
    std::string text = "{}";
    for (int i = 1; i < levels; ++i) text = R"({"next": )" + text + "}";
    return text;
  };
  EXPECT_TRUE(writes(tree, nested(5), style));
  EXPECT_FALSE(writes(tree, nested(6), style));
  EXPECT_EQ(refusal(R"({"type":"object","properties":{"next":{"$ref":"#"}},"required":["next"]})"), "schema: no value fits it");
}

TEST(Schema, refuses_what_it_would_have_to_ignore_and_names_the_place) {
  EXPECT_EQ(refusal(R"({"type":"object","properties":{"a":{"type":"array","contains":{}}}})"), "schema.properties.a.contains: is not supported");
  EXPECT_EQ(refusal(R"({"not":{"type":"null"}})"), "schema.not: is not supported");
  EXPECT_EQ(refusal(R"({"type":"integer","multipleOf":5})"), "schema.multipleOf: is not supported");
  EXPECT_EQ(refusal(R"({"type":"array","uniqueItems":true})"), "schema.uniqueItems: is not supported");
  EXPECT_EQ(refusal(R"({"type":"string","format":"uri"})"), "schema.format: this format is not supported");
  EXPECT_EQ(refusal(R"({"type":"strin"})"), "schema.type: must be a type of JSON Schema or a list of these");
  EXPECT_EQ(refusal(R"({"type":"string","minLength":-1})"), "schema.minLength: must be a whole number, at least 0");
  EXPECT_EQ(refusal(R"({"$ref":"#/$defs/missing"})"), "schema.$ref: names nothing in this schema");
  EXPECT_EQ(refusal(R"({"$ref":"https://example.com/schema"})"), "schema.$ref: names nothing in this schema");
  EXPECT_EQ(refusal(R"x({"anyOf":[{"type":"string","pattern":"(?=a)"}]})x"), "schema.anyOf[0].pattern: the pattern uses a kind of group that is not supported");
  EXPECT_EQ(refusal(R"({"oneOf":[{"type":"integer"},{"type":"number"}]})"), "schema.oneOf: some value might fit alternatives 0 and 1; use anyOf");
  EXPECT_EQ(refusal(R"({"$ref":"#"})"), "schema: refers to itself in a circle");
  EXPECT_EQ(refusal("false"), "schema: no value fits it");
  EXPECT_EQ(refusal("[]"), "schema: must be an object, true or false");
  EXPECT_NE(refusal("{").find("schema: "), std::string::npos);
}

TEST(Schema, refuses_a_pattern_that_asks_for_more_than_a_string_may_hold) {
  Builder builder;
  const JsonStyle narrow{.max_string_bytes = 12};
  EXPECT_FALSE(builder.build(builder.json(R"({"type":"string","pattern":"^a{20}$"})", narrow)).has_value());
  Builder other;
  EXPECT_TRUE(other.build(other.json(R"({"type":"string","pattern":"^a{10}$"})", narrow)).has_value());
}

TEST(Schema, refuses_hostile_ones_in_bounded_time) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += R"({"items":)";
  EXPECT_NE(refusal(deep), "accepted");
  EXPECT_NE(refusal(std::string((1 << 20) + 1, ' ') + "{}"), "accepted");

  // Each level doubles the alternatives.
  std::string doubling = R"({"$ref":"#/$defs/d0","$defs":{)";
  for (int i = 0; i < 40; ++i) {
    const std::string next = R"({"$ref":"#/$defs/d)" + std::to_string(i + 1) + "\"}";
    doubling += "\"d" + std::to_string(i) + R"(":{"anyOf":[)" + next + ",{\"allOf\":[" + next + "]}]},";
  }
  EXPECT_NE(refusal(doubling + R"("d40":{"type":"null"}}})").find("alternatives"), std::string::npos);

  // Combinations of branches that all hold.
  std::string product = R"({"allOf":[)";
  for (int i = 0; i < 30; ++i) product += std::string(i ? "," : "") + R"({"anyOf":[{"minimum":)" + std::to_string(i) + R"(},{"maximum":)" + std::to_string(i) + "}]}";
  EXPECT_NE(refusal(product + "]}").find("alternatives"), std::string::npos);

  // Many names, many constants.
  std::string names = R"({"type":"object","properties":{)";
  for (int i = 0; i < 5'000; ++i) names += (i ? ",\"p" : "\"p") + std::to_string(i) + "\":{}";
  EXPECT_EQ(refusal(names + "}}"), "schema.properties: has too many members");
  std::string constants = R"({"enum":[0)";
  for (int i = 1; i < 20'000; ++i) constants += "," + std::to_string(i);
  EXPECT_EQ(refusal(constants + "]}"), "schema.enum: has too many values");
  EXPECT_NE(refusal(R"({"type":"string","minLength":1000000000})"), "accepted");
  EXPECT_EQ(refusal(R"({"type":"string","maxLength":1000000000000})"), "accepted");  // and kept shorter
  EXPECT_NE(refusal(R"({"type":"array","minItems":1000000000})"), "accepted");
  EXPECT_NE(refusal(R"({"type":"string","pattern":"(a|b)*a(a|b){25}$"})").find("too large"), std::string::npos);
}

TEST(Schema, follows_ambiguous_ones_without_trying_every_reading) {
  // Two readings of every level: 2^12 of the whole.
  const char* twice = R"({"anyOf":[{"type":"array","items":{"$ref":"#"},"maxItems":1},{"type":"array","items":{"$ref":"#"},"minItems":1,"maxItems":2}]})";
  EXPECT_TRUE(writes(twice, "[[[[[[[[[[[[]]]]]]]]]]]]"));
  EXPECT_TRUE(writes(twice, "[[[[[[[[[[[[], []]]]]]]]]]]]"));
}

}  // namespace
}  // namespace xrouter::grammar
