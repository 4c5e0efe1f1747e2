#include "xrouter/grammar/schema/pattern.hpp"

#include <gtest/gtest.h>

#include "xrouter/grammar/schema/formats.hpp"
#include "xrouter/json/parse.hpp"

namespace xrouter::grammar {
namespace {

bool found(std::string_view pattern, std::string_view text) {
  const Result<Dfa> dfa = pattern_dfa(pattern);
  if (!dfa) {
    ADD_FAILURE() << pattern << ": " << dfa.error().public_text;
    return false;
  }
  const std::string quoted = json::quote(text);
  int state = dfa->states() > 0 ? dfa->start : Dfa::kDead;
  for (const char c : quoted.substr(1, quoted.size() - 2))
    if (state != Dfa::kDead) state = dfa->step(state, static_cast<std::uint8_t>(c));
  return state != Dfa::kDead && dfa->accepting[static_cast<std::size_t>(state)];
}

TEST(Pattern, is_found_anywhere_unless_it_is_anchored) {
  EXPECT_TRUE(found("b+", "abbc"));
  EXPECT_FALSE(found("^b+", "abbc"));
  EXPECT_FALSE(found("b+$", "abbc"));
  EXPECT_TRUE(found("^a|c$", "xc"));
  EXPECT_TRUE(found("^a|c$", "ax"));
  EXPECT_FALSE(found("^a|c$", "xax"));
  EXPECT_TRUE(found("", "anything"));
  EXPECT_TRUE(found("^$", ""));
  EXPECT_FALSE(found("^$", "x"));
  EXPECT_FALSE(found("a$b", "ab"));
  EXPECT_FALSE(found("^(?:a|bc){2}$", "abcb"));
  EXPECT_TRUE(found("^(?:a|bc){2}$", "bca"));
}

TEST(Pattern, repeats_as_often_as_it_says) {
  for (const auto& [pattern, good, bad] : std::initializer_list<std::tuple<const char*, const char*, const char*>>{
           {"^a{2}$", "aa", "aaa"}, {"^a{2,}$", "aaaa", "a"}, {"^a{1,3}$", "aaa", "aaaa"}, {"^a?b*c+?$", "bbc", "ab"}, {"^(ab){0,2}$", "abab", "ababab"},
           {"^x{a}$", "x{a}", "x"}}) {
    EXPECT_TRUE(found(pattern, good)) << pattern;
    EXPECT_FALSE(found(pattern, bad)) << pattern;
  }
}

TEST(Pattern, knows_characters_beyond_ascii_and_those_that_json_escapes) {
  EXPECT_TRUE(found("^[à-ü]+$", "éü"));
  EXPECT_FALSE(found("^[à-ü]+$", "ß"));
  EXPECT_TRUE(found("^.{3}$", "日本😀"));
  EXPECT_FALSE(found("^.$", "\n"));
  EXPECT_TRUE(found("^[^a]$", "\n"));
  EXPECT_TRUE(found("^[^a]$", "\x01"));
  EXPECT_TRUE(found("^\\\\\"\\t$", "\\\"\t"));
  EXPECT_TRUE(found("^\\u00e9\\x41$", "éA"));
  EXPECT_FALSE(found("^\\W$", "é"));  // a word's letter to some
  EXPECT_TRUE(found("^[\\w.-]+$", "a_b.c-d"));
  EXPECT_FALSE(found("^\\S+$", "a b"));
}

TEST(Pattern, refuses_what_it_does_not_know) {
  for (const char* bad : {"(?=a)", "(?<n>a)", "\\1", "\\bx", "\\p{L}", "a**", "^*", "*", "(a", "a)", "[a", "[b-a]", "\\", "\\ud800", "a{1001}", "(((a{99}){99}){99})", "a{2,1}", "a{,2}", "a{2}{3}", "[]", "[]a]"})
    EXPECT_FALSE(pattern_dfa(bad).has_value()) << bad;
  EXPECT_FALSE(pattern_dfa(std::string(5000, 'a')).has_value());
  EXPECT_FALSE(pattern_dfa(std::string(100, '(') + std::string(100, ')')).has_value());
  EXPECT_FALSE(pattern_dfa("(a|b)*a(a|b){30}$").has_value());  // needs 2^30 states
}

TEST(Pattern, keeps_formats_exactly) {
  const auto is = [](std::string_view format, std::string_view text) { return found(pattern_of_format(format), text); };
  for (const char* good : {"2024-02-29", "2000-02-29", "1999-12-31", "0001-01-01", "2023-04-30"}) EXPECT_TRUE(is("date", good)) << good;
  for (const char* bad : {"2023-02-29", "1900-02-29", "2023-04-31", "0000-01-01", "2023-13-01", "23-01-01"}) EXPECT_FALSE(is("date", bad)) << bad;
  EXPECT_TRUE(is("date-time", "2024-02-29T23:59:59.123+01:30"));
  EXPECT_FALSE(is("date-time", "2024-02-29 23:59:59Z"));
  EXPECT_TRUE(is("ipv4", "255.0.10.199"));
  EXPECT_FALSE(is("ipv4", "256.0.0.1"));
  EXPECT_FALSE(is("ipv4", "1.02.3.4"));
  EXPECT_TRUE(is("email", "a.b+c@example.co.uk"));
  EXPECT_FALSE(is("email", ".a@example.com"));
  EXPECT_TRUE(is("uuid", "123e4567-e89b-12d3-a456-426614174000"));
}

}  // namespace
}  // namespace xrouter::grammar
