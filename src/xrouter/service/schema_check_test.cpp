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

TEST(SchemaCheck, takes_what_it_does_not_know_as_fulfilled) {
  EXPECT_TRUE(follows("7", R"({"$ref":"#/$defs/x","maximum":3})"));
  EXPECT_TRUE(follows("7", R"({"type":7,"enum":7,"anyOf":7,"required":7,"properties":7})"));
  EXPECT_TRUE(follows(R"({"x_1":1})", R"({"patternProperties":{"^x_":{}},"additionalProperties":false})"));
  EXPECT_FALSE(follows("7", "false"));
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
