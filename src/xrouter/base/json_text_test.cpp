#include "xrouter/base/json_text.hpp"

#include <gtest/gtest.h>

namespace xrouter {
namespace {

TEST(JsonText, members_keep_their_order_and_their_source_text) {
  const auto members = json_members(R"( { "a" : 1.50 , "b\"}" : {"x":[1, "}"]} ,"a":null, "s":"\\" } )");
  ASSERT_EQ(members.size(), 4U);
  EXPECT_EQ(members[0].name, "a");
  EXPECT_EQ(members[0].value, "1.50");
  EXPECT_EQ(members[1].name, "b\\\"}");
  EXPECT_EQ(members[1].value, R"({"x":[1, "}"]})");
  EXPECT_EQ(members[2].value, "null");
  EXPECT_EQ(members[3].value, R"("\\")");
}

TEST(JsonText, elements_are_cut_at_the_outer_commas_only) {
  const auto elements = json_elements(R"([ [1,2], "a,b" , {"k":[3]}, -1e400 ])");
  ASSERT_EQ(elements.size(), 4U);
  EXPECT_EQ(elements[0], "[1,2]");
  EXPECT_EQ(elements[1], "\"a,b\"");
  EXPECT_EQ(elements[2], R"({"k":[3]})");
  EXPECT_EQ(elements[3], "-1e400");
}

TEST(JsonText, a_quote_behind_an_odd_number_of_backslashes_is_text) {
  for (std::size_t backslashes = 0; backslashes < 6; ++backslashes) {
    const std::string inner = std::string(backslashes, '\\') + (backslashes % 2 != 0 ? "\",\\\"" : "");
    const std::string text = "[\"" + inner + "\",\"b\"]";
    const auto elements = json_elements(text);
    ASSERT_EQ(elements.size(), 2U) << backslashes;
    EXPECT_EQ(elements[0], "\"" + inner + "\"");
    EXPECT_EQ(elements[1], "\"b\"");
  }
}

TEST(JsonText, empty_containers_and_other_values_have_no_pieces) {
  EXPECT_TRUE(json_members("{ }").empty());
  EXPECT_TRUE(json_elements("[\n]").empty());
  EXPECT_TRUE(json_members("[1]").empty());
  EXPECT_TRUE(json_elements("{\"a\":1}").empty());
  EXPECT_TRUE(json_elements("").empty());
}

TEST(JsonText, broken_text_ends_the_walk_without_leaving_the_text) {
  for (const char* text : {"{\"a\":", "{\"a", "[1,", "[\"\\", "{\"a\":[[", "[[", "{]", "[}", "{\"a\"\"b\"}", "[1 2]"}) {
    json_members(text);
    json_elements(text);
    compact_json(text);
  }
}

TEST(JsonText, compacting_leaves_strings_alone) {
  EXPECT_EQ(compact_json(" { \"a b\" : [ 1 ,\n \"x \\\" y\" ] } "), "{\"a b\":[1,\"x \\\" y\"]}");
}

}  // namespace
}  // namespace xrouter
