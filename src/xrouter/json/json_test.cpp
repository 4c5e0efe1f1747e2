#include <gtest/gtest.h>

#include <cmath>

#include "xrouter/json/exact_double.hpp"
#include "xrouter/json/parse.hpp"
#include "xrouter/json/writer.hpp"

namespace xrouter::json {
namespace {

TEST(Parse, is_strict) {
  for (std::string_view good : {"{}", " [1, 2.5, \"x\"] \n", "null", "\"\\u00e9\"", "-0", "1e5"}) EXPECT_TRUE(parse(good)) << good;
  for (std::string_view bad : {"", "{", "{\"a\":1,}", "[1,]", "// x\n1", "01", "{'a':1}", "1 2", "\"\xff\"", "NaN", "{}x", "tru"})
    EXPECT_FALSE(parse(bad)) << bad;
}

TEST(Parse, is_bounded) {
  const std::string deep = std::string(65, '[') + std::string(65, ']');
  EXPECT_EQ(parse(deep).error().public_text, "The JSON is nested deeper than 64 levels.");
  EXPECT_TRUE(parse(std::string(64, '[') + std::string(64, ']')));
  ParseLimits tight{.max_bytes = 4};
  EXPECT_TRUE(parse("1234", tight));
  EXPECT_EQ(parse("12345", tight).error().kind, ErrorKind::request_too_large);
}

TEST(ObjectReader, names_the_field_in_its_error) {
  auto value = *parse(R"({"role":5,"n":2.0,"t":3,"flag":null})");
  ObjectReader in(value, "messages[0]");
  EXPECT_EQ(in.optional_integer("n", 1, 8), 2);
  EXPECT_EQ(in.optional_bool("flag"), std::nullopt);
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(in.string("role"), "");
  ASSERT_FALSE(in.ok());
  EXPECT_EQ(in.error().public_text, "'messages[0].role' must be a string.");
  EXPECT_EQ(in.error().param, "messages[0].role");
  in.optional_number("t", 0, 2);
  EXPECT_EQ(in.error().param, "messages[0].role") << "the first problem sticks";
}

TEST(ObjectReader, bounds_numbers_and_lists) {
  auto value = *parse(R"({"t":2.5,"list":[1,2,3],"big":1e300,"s":"x"})");
  ObjectReader t(value);
  t.optional_number("t", 0, 2);
  EXPECT_EQ(t.error().public_text, "'t' must be a number from 0 to 2.");
  ObjectReader list(value);
  EXPECT_EQ(list.optional_array("list", 2), nullptr);
  EXPECT_FALSE(list.ok());
  ObjectReader big(value);
  big.optional_integer("big", 0, 10);
  EXPECT_FALSE(big.ok());
  ObjectReader missing(value);
  missing.string("nope");
  EXPECT_EQ(missing.error().public_text, "'nope' is missing.");
  auto scalar = *parse("5");
  ObjectReader not_an_object(scalar);
  EXPECT_EQ(not_an_object.error().public_text, "The body must be an object.");
}

TEST(Writer, composes_valid_text) {
  Writer out;
  out.begin_object();
  out.field("a", "x\"\n\x01").field("b", 5).key("c").begin_array().value(true).null().value(1.5).end_array();
  out.key("d").value(RawJson{R"({"k":[1]})"}).optional_field("e", std::optional<int>()).key("f").decimal("0.000003402");
  out.end_object();
  const std::string text = out.take();
  EXPECT_EQ(text, R"({"a":"x\"\n\u0001","b":5,"c":[true,null,1.5],"d":{"k":[1]},"f":0.000003402})");
  EXPECT_TRUE(parse(text));
}

TEST(Writer, escapes_long_strings_whole) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "\"\\";
  Writer out;
  out.value(text);
  EXPECT_EQ(parse(out.take())->as_string(), text);
}

TEST(Writer, escapes_what_must_be_wherever_it_stands_and_nothing_else) {
  for (int code = 0; code < 128; ++code)
    for (std::size_t size = 1; size <= 17; ++size)
      for (std::size_t at = 0; at < size; ++at) {
        std::string text(size, 'x');
        text[at] = static_cast<char>(code);
        Writer out;
        const std::string written = out.value(text).take();
        const bool special = code < 0x20 || code == '"' || code == '\\';
        ASSERT_EQ(written == '"' + text + '"', !special) << "byte " << code << " at " << at << " of " << size;
        ASSERT_EQ(parse(written)->as_string(), text);
      }
  Writer out;
  EXPECT_EQ(out.value("\xc3\xa9\xe2\x82\xac and more").take(), "\"\xc3\xa9\xe2\x82\xac and more\"");
}

TEST(ExactDouble, comes_back_bit_for_bit_where_a_json_number_may_not) {
  std::uint64_t state = 1;
  for (int i = 0; i < 100'000; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    const double value = static_cast<double>(state >> 11) * 0x1p-53 * (i % 2 == 0 ? 100 : 1e-7);
    ASSERT_EQ(exact_double(exact_text(value)), value);
  }
  EXPECT_TRUE(std::isnan(*exact_double(exact_text(std::nan("")))));
  EXPECT_EQ(exact_double(exact_text(-INFINITY)), -INFINITY);
  for (const char* text : {"", " 1", "1 ", "1,5", "abc"}) EXPECT_FALSE(exact_double(text)) << text;
}

}  // namespace
}  // namespace xrouter::json
