#include "xrouter/service/schema_check.hpp"

#include <gtest/gtest.h>

#include "xrouter/json/parse.hpp"

namespace xrouter::service {
namespace {

bool follows(std::string_view value, std::string_view schema) { return follows_schema(*json::parse(value), *json::parse(schema)); }

constexpr std::string_view kPerson = R"({"type":"object","properties":{"name":{"type":"string"},"age":{"type":["integer","null"]},
  "tags":{"type":"array","items":{"enum":["a","b"]}}},"required":["name","age"],"additionalProperties":false})";

TEST(SchemaCheck, an_object_has_the_required_fields_of_the_right_types_and_no_others) {
  EXPECT_TRUE(follows(R"({"name":"Ann","age":null,"tags":["a","b","a"]})", kPerson));
  EXPECT_TRUE(follows(R"({"age":41.0,"name":""})", kPerson)) << "a whole number is an integer however it is written";
  EXPECT_FALSE(follows(R"({"name":"Ann"})", kPerson)) << "age is missing";
  EXPECT_FALSE(follows(R"({"name":"Ann","age":"41"})", kPerson));
  EXPECT_FALSE(follows(R"({"name":"Ann","age":41.5})", kPerson));
  EXPECT_FALSE(follows(R"({"name":"Ann","age":41,"city":"Ulm"})", kPerson));
  EXPECT_FALSE(follows(R"({"name":"Ann","age":41,"tags":["c"]})", kPerson));
  EXPECT_FALSE(follows(R"(["Ann", 41])", kPerson));
}

TEST(SchemaCheck, looks_into_every_depth) {
  constexpr std::string_view kSchema = R"({"properties":{"list":{"items":{"properties":{"x":{"const":1}},"required":["x"]}}}})";
  EXPECT_TRUE(follows(R"({"list":[{"x":1},{"x":1.0}]})", kSchema));
  EXPECT_FALSE(follows(R"({"list":[{"x":1},{}]})", kSchema));
  EXPECT_FALSE(follows(R"({"list":[{"x":2}]})", kSchema));
}

TEST(SchemaCheck, one_branch_of_any_of_is_enough) {
  constexpr std::string_view kSchema = R"({"anyOf":[{"type":"string"},{"type":"object","required":["id"]}]})";
  EXPECT_TRUE(follows(R"("x")", kSchema));
  EXPECT_TRUE(follows(R"({"id":1})", kSchema));
  EXPECT_FALSE(follows(R"({})", kSchema));
}

TEST(SchemaCheck, all_branches_of_all_of_and_one_of_one_of) {
  constexpr std::string_view kSchema = R"({"allOf":[{"type":"string"},{"minLength":2}],"oneOf":[{"const":"ab"},{"const":"cde"}]})";
  EXPECT_TRUE(follows(R"("ab")", kSchema));
  EXPECT_FALSE(follows(R"("a")", kSchema));
  EXPECT_FALSE(follows(R"("xy")", kSchema));
}

TEST(SchemaCheck, takes_what_it_does_not_know_as_fulfilled) {
  EXPECT_TRUE(follows("7", R"({"$ref":"#/$defs/x","maximum":3})"));
  EXPECT_TRUE(follows("7", R"({"$ref":"https://elsewhere.example/schema"})"));
  EXPECT_TRUE(follows("7", R"({"type":7,"enum":7,"anyOf":7,"required":7,"properties":7,"pattern":7,"minimum":"x","$ref":7,"patternProperties":7})"));
  EXPECT_TRUE(follows("7", R"({"not":{"const":7},"multipleOf":2})"));
  EXPECT_TRUE(follows(R"("x")", R"({"pattern":"("})")) << "not a pattern";
  EXPECT_TRUE(follows(R"({"x":1})", R"({"patternProperties":{"(":{}},"additionalProperties":false})"));
  EXPECT_FALSE(follows("7", "false"));
}

TEST(SchemaCheck, a_reference_stands_for_the_schema_it_names) {
  constexpr std::string_view kTree = R"({"$ref":"#/$defs/node","$defs":{"node":{"type":"object","required":["value"],"additionalProperties":false,
    "properties":{"value":{"type":"integer"},"next":{"anyOf":[{"$ref":"#/$defs/node"},{"type":"null"}]}}},"a/b":{"const":1}}})";
  EXPECT_TRUE(follows(R"({"value":1,"next":{"value":2,"next":null}})", kTree));
  EXPECT_FALSE(follows(R"({"value":1,"next":{"value":"2","next":null}})", kTree));
  EXPECT_FALSE(follows(R"({"value":1,"next":{"valu":2}})", kTree));
  EXPECT_FALSE(follows("2", R"({"$ref":"#/$defs/a~1b","$defs":{"a/b":{"const":1}}})"));
  EXPECT_FALSE(follows(R"({"child":{"child":3}})", R"({"type":"object","properties":{"child":{"$ref":"#"}}})"));
}

TEST(SchemaCheck, references_in_circles_end) {
  EXPECT_TRUE(follows("1", R"({"$ref":"#"})"));
  EXPECT_TRUE(follows("1", R"({"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"allOf":[{"$ref":"#/$defs/a"},{"$ref":"#/$defs/a"}]}}})"));
}

TEST(SchemaCheck, numbers_keep_their_limits) {
  constexpr std::string_view kSchema = R"({"minimum":1,"maximum":3.5,"exclusiveMaximum":3.5})";
  EXPECT_TRUE(follows("1", kSchema));
  EXPECT_TRUE(follows("3.4", kSchema));
  EXPECT_TRUE(follows(R"("9")", kSchema)) << "not a number";
  EXPECT_FALSE(follows("0.99", kSchema));
  EXPECT_FALSE(follows("3.5", kSchema));
  EXPECT_FALSE(follows("0", R"({"exclusiveMinimum":0})"));
  EXPECT_FALSE(follows("9007199254740993", R"({"maximum":9007199254740992})")) << "beyond what a double can tell apart";
  EXPECT_FALSE(follows("18446744073709551615", R"({"maximum":9223372036854775807})"));
}

TEST(SchemaCheck, texts_are_measured_in_characters) {
  EXPECT_TRUE(follows(R"("äöü")", R"({"minLength":3,"maxLength":3})"));
  EXPECT_FALSE(follows(R"("äöü")", R"({"minLength":4})"));
  EXPECT_FALSE(follows(R"("äöü")", R"({"maxLength":2})"));
}

TEST(SchemaCheck, lists_keep_their_sizes_and_are_unique_where_they_shall_be) {
  EXPECT_TRUE(follows("[1,2]", R"({"minItems":2,"maxItems":2,"uniqueItems":true})"));
  EXPECT_FALSE(follows("[1]", R"({"minItems":2})"));
  EXPECT_FALSE(follows("[1,2,3]", R"({"maxItems":2})"));
  EXPECT_FALSE(follows("[1,2,1.0]", R"({"uniqueItems":true})"));
  EXPECT_TRUE(follows("[1,1]", R"({"uniqueItems":false})"));
}

TEST(SchemaCheck, patterns_are_searched_for_as_in_javascript) {
  EXPECT_TRUE(follows(R"("2025-09-01")", R"({"pattern":"^\\d{4}-\\d{2}-\\d{2}$"})"));
  EXPECT_FALSE(follows(R"("2025-9-1")", R"({"pattern":"^\\d{4}-\\d{2}-\\d{2}$"})"));
  EXPECT_TRUE(follows(R"("an apple")", R"({"pattern":"apple"})")) << "anywhere";
  EXPECT_FALSE(follows(R"("ab\n")", R"({"pattern":"^ab$"})")) << "the end is the end";
  EXPECT_FALSE(follows(R"("\u0663")", R"({"pattern":"^\\d$"})")) << "a digit is 0 to 9";
  EXPECT_TRUE(follows(R"("\u00e9")", R"({"pattern":"^\\u00e9$"})"));
  EXPECT_TRUE(follows(R"("\u00a0")", R"({"pattern":"^\\s$"})")) << "a space in JavaScript: not to be refused";
}

TEST(SchemaCheck, a_pattern_that_takes_too_long_is_given_up) {
  EXPECT_TRUE(follows("\"" + std::string(40, 'a') + "!\"", R"({"pattern":"^(a+)+$"})"));
}

TEST(SchemaCheck, members_follow_the_patterns_of_their_names) {
  constexpr std::string_view kSchema =
      R"({"properties":{"id":{"type":"integer"}},"patternProperties":{"^x_":{"type":"string"},"_n$":{"minLength":2}},"additionalProperties":false})";
  EXPECT_TRUE(follows(R"({"id":1,"x_a":"s","x_n":"ab"})", kSchema));
  EXPECT_FALSE(follows(R"({"x_a":1})", kSchema));
  EXPECT_FALSE(follows(R"({"x_n":"a"})", kSchema)) << "both patterns hold";
  EXPECT_FALSE(follows(R"({"y":1})", kSchema));
  EXPECT_FALSE(follows(R"({"y":1})", R"({"additionalProperties":{"type":"string"}})"));
}

TEST(SchemaCheck, gives_up_checking_when_the_work_grows_too_large) {
  std::string list = "[0", branches = "{\"const\":1}";
  for (int i = 0; i < 2'000; ++i) list += ",0", branches += ",{\"const\":1}";
  EXPECT_FALSE(follows("[0]", R"({"items":{"anyOf":[)" + branches + "]}}"));
  const std::string schema = R"({"items":{"anyOf":[)" + branches + R"(,{"const":0}]}})";
  EXPECT_TRUE(follows(list + "]", schema));
}

}  // namespace
}  // namespace xrouter::service
