#include <gtest/gtest.h>

#include <cmath>

#include "xrouter/grade/value/compare.hpp"
#include "xrouter/grade/value/utf8.hpp"
#include "xrouter/grade/value/value.hpp"

namespace xrouter::grade {
namespace {

std::string json_round(std::string_view text) {
  const auto value = parse_json(text);
  return value ? to_json(*value) : value.error().public_text;
}

std::string python_round(std::string_view text) {
  const auto value = parse_python(text);
  return value ? to_python(*value) : "error";
}

TEST(ParseJson, keeps_numbers_as_they_were_written) {
  EXPECT_EQ(json_round("[12345678901234567890, 0.10, -0, 1E5]"), "[12345678901234567890,0.10,-0,1E5]");
}

TEST(ParseJson, reads_every_kind_of_value) {
  EXPECT_EQ(json_round(R"( {"a": [true, false, null], "b": {"c": "d"}, "": []} )"), R"({"a":[true,false,null],"b":{"c":"d"},"":[]})");
  EXPECT_EQ(json_round("[NaN, Infinity, -Infinity]"), "[NaN,Infinity,-Infinity]");
}

TEST(ParseJson, resolves_escapes_and_surrogate_pairs) {
  EXPECT_EQ(*parse_json(R"("\u00e9\ud83d\ude00\n\"\\\/")")->if_string(), "é😀\n\"\\/");
  EXPECT_EQ(*parse_json(R"("\ud83d x")")->if_string(), "\xEF\xBF\xBD x");
  EXPECT_EQ(*parse_json(R"("\ud83d\u0041")")->if_string(), "\xEF\xBF\xBD" "A");
}

TEST(ParseJson, lets_the_last_of_equal_names_win) { EXPECT_EQ(json_round(R"({"a":1,"b":2,"a":3})"), R"({"a":3,"b":2})"); }

TEST(ParseJson, refuses_equal_names_where_a_reply_must_not_say_two_things) {
  constexpr ValueLimits kOfReply{.reject_duplicates = true};
  EXPECT_FALSE(parse_json(R"({"a":1,"a":1})", kOfReply).has_value());
  EXPECT_FALSE(parse_json(R"([{"b":{"a":1,"\u0061":2}}])", kOfReply).has_value());
  EXPECT_TRUE(parse_json(R"([{"a":1},{"a":1,"b":{"a":1}}])", kOfReply).has_value());
  EXPECT_TRUE(names_twice(R"({"a":1,"a":2})"));
  EXPECT_FALSE(names_twice(R"({"a":1,"a":2)"));
  EXPECT_FALSE(names_twice(R"({"a":1,"b":2})"));
}

TEST(ParseJson, refuses_what_is_not_json) {
  for (const char* text : {"", " ", "[1,]", "{\"a\":1,}", "[1 2]", "{'a':1}", "01", "1.", ".5", "+1", "-", "nul", "\"a", "\"\t\"", "[1] 2", "{1:2}", "\"\\x41\"",
                           "\"\xff\"", "\"\xed\xa0\x80\"", "[", "{\"a\"", "\"\\u12\"", "1e", "Inf"}) {
    EXPECT_FALSE(parse_json(text).has_value()) << text;
  }
}

TEST(ParseJson, names_the_place_of_the_fault) { EXPECT_EQ(json_round("[1, x]"), "JSON: this is no value at byte 4"); }

TEST(ParseJson, holds_its_limits) {
  EXPECT_FALSE(parse_json(std::string(65, '[') + std::string(65, ']')).has_value());
  EXPECT_TRUE(parse_json(std::string(64, '[') + std::string(64, ']')).has_value());
  EXPECT_FALSE(parse_json(std::string(100'000, '[')).has_value());
  EXPECT_FALSE(parse_json("[1,2,3]", {.max_nodes = 3}).has_value());
  EXPECT_TRUE(parse_json("[1,2,3]", {.max_nodes = 4}).has_value());
  EXPECT_FALSE(parse_json("[1,2,3]", {.max_bytes = 6}).has_value());
  EXPECT_FALSE(parse_json(std::string(5000, '[') + std::string(5000, ']'), {.max_depth = 1'000'000}).has_value());
}

TEST(ParsePython, reads_every_literal_as_repr_would_write_it) {
  const std::pair<const char*, const char*> cases[] = {
      {"None", "None"},
      {"(True, False)", "(True, False)"},
      {"[1, -2, +3, 0x1F, 0b101, 0o17, 1_000]", "[1, -2, 3, 31, 5, 15, 1000]"},
      {"[1., .5, 1e5, 1E-7, 1e16, 0.0001, 123456.0, 1e22]", "[1.0, 0.5, 100000.0, 1e-07, 1e+16, 0.0001, 123456.0, 1e+22]"},
      {"'it\\'s'", "\"it's\""},
      {"\"a\" 'b' r'\\n' u'c'", "'ab\\\\nc'"},
      {"b'a'", "\"b'a'\""},
      {"Rb\"\\n\"", "\"b'\\\\n'\""},
      {"'''a\n'b' '''", "\"a\\n'b' \""},
      {"'\\x41\\u00e9\\101\\q\\\n'", "'AéA\\\\q'"},
      {"'both \\' and \"'", "'both \\' and \"'"},
      {"()", "()"},
      {"(1,)", "(1,)"},
      {"(1)", "1"},
      {"1, 2", "(1, 2)"},
      {"1,", "(1,)"},
      {"{1, 2, 1}", "{1, 2}"},
      {"set()", "set()"},
      {"{}", "{}"},
      {"{'a': 1, 'b': [2], 'a': 3,}", "{'a': 3, 'b': [2]}"},
      {"{(1, 2): 'x', None: 'y'}", "{(1, 2): 'x', None: 'y'}"},
      {"[1, # one\n 2]", "[1, 2]"},
      {"'\\x00\\x7f\\u200b'", "'\\x00\\x7f\\u200b'"},
      {"00", "0"},
      {"-0", "0"},
      {"-0.0", "-0.0"},
      {"0xffffffffffffffffffffffff", "79228162514264337593543950335"},
      {"1e999", "inf"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(python_round(text), expected) << text;
}

TEST(ParsePython, evaluates_nothing) {
  for (const char* text : {"1+1", "len([1])", "__import__('os')", "f'{1}'", "fb'a'", "1j", "1+2j", "[x for x in y]", "a", "-'a'", "--1", "-True", "9**9", "[1][0]", "lambda: 1",
                           "(1", "[1,,2]", "[,]", "(,)", "{,}", "{[1]: 2}", "{{}}", "{1: 2, 3}", "{1, 2: 3}", "'a", "'a\nb'", "007", "1__0", "1_", "0x", "0x_", "1e", "'\\N{DASH}'",
                           "'\\x4'", "1.2.3", "\"\xff\"", "Truex", "set(1)", "", "1 2", ", 1", "...", "'\\U00110000'"}) {
    EXPECT_EQ(python_round(text), "error") << text;
  }
}

TEST(ParsePython, holds_its_limits) {
  EXPECT_FALSE(parse_python(std::string(100'000, '(')).has_value());
  EXPECT_FALSE(parse_python("0x" + std::string(257, 'f')).has_value());
  EXPECT_FALSE(parse_python("(1,2,3)", {.max_nodes = 3}).has_value());
}

TEST(ParsePython, merges_equal_keys_as_python_does) { EXPECT_EQ(python_round("{1: 'a', 1.0: 'b', True: 'c'}"), "{1: 'c'}"); }

TEST(Number, knows_integers_and_their_range) {
  EXPECT_TRUE(Number{"-12"}.is_integer());
  EXPECT_FALSE(Number{"1.0"}.is_integer());
  EXPECT_FALSE(Number{"1e5"}.is_integer());
  EXPECT_FALSE(Number{"inf"}.is_integer());
  EXPECT_FALSE(Number{"-"}.is_integer());
  EXPECT_EQ(Number{"9223372036854775807"}.to_int64(), INT64_MAX);
  EXPECT_EQ(Number{"9223372036854775808"}.to_int64(), std::nullopt);
  EXPECT_EQ(Number{"1.0"}.to_int64(), std::nullopt);
}

TEST(Number, becomes_the_nearest_double) {
  EXPECT_EQ(Number{"0.1"}.to_double(), 0.1);
  EXPECT_EQ(Number{"1e400"}.to_double(), INFINITY);
  EXPECT_EQ(Number{"-1e400"}.to_double(), -INFINITY);
  EXPECT_EQ(Number{"1e-400"}.to_double(), 0.0);
  EXPECT_EQ(Number{"1e99999999999999999999"}.to_double(), INFINITY);
  EXPECT_EQ(Number{"1e-99999999999999999999"}.to_double(), 0.0);
  EXPECT_EQ(Number{std::string(400, '9')}.to_double(), INFINITY);
  EXPECT_TRUE(std::isnan(Number{"nan"}.to_double()));
  EXPECT_EQ(Number{"-inf"}.to_double(), -INFINITY);
}

TEST(WriteJson, turns_tuples_sets_and_keys_into_json) {
  EXPECT_EQ(to_json(*parse_python("{(1, 'a'): {2}, 3: None}")), R"({"[1,\"a\"]":[2],"3":null})");
}

TEST(Utf8, refuses_overlong_forms_surrogates_and_numbers_beyond_unicode) {
  for (const char* text : {"\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\x80", "\xE2\x82", "\xC3"}) {
    EXPECT_EQ(utf8_length(text, 0), 0U);
  }
  EXPECT_EQ(utf8_decode("😀", 0), U'😀');
}

}  // namespace
}  // namespace xrouter::grade
