#include "xrouter/upstream/stream_repair.hpp"

#include <gtest/gtest.h>

namespace xrouter::upstream {
namespace {

ChatDelta with_call(ToolCallDelta fragment, std::int64_t choice = 0) {
  ChatDelta delta;
  delta.choices.push_back({.index = choice});
  delta.choices.back().tool_calls.push_back(std::move(fragment));
  return delta;
}

std::vector<ToolCallDelta> repaired(StreamRepair& repair, ChatDelta delta) {
  repair.apply(delta);
  return delta.choices.at(0).tool_calls;
}

TEST(StreamRepair, choices_nobody_asked_for_are_dropped) {
  StreamRepair repair(2);
  ChatDelta delta;
  for (std::int64_t index : {0, 1, 2, 127}) delta.choices.push_back({.index = index, .content = "x"});
  repair.apply(delta);
  ASSERT_EQ(delta.choices.size(), 2u);
  EXPECT_EQ(delta.choices[1].index, 1);
  EXPECT_TRUE(repair.complete());
}

TEST(StreamRepair, a_stream_without_its_first_choice_is_the_upstreams_fault) {
  StreamRepair repair(2);
  ChatDelta delta;
  delta.choices.push_back({.index = 1, .content = "x"});
  repair.apply(delta);
  EXPECT_EQ(repair.complete().error().kind, ErrorKind::upstream_invalid);
}

TEST(StreamRepair, a_call_without_id_and_type_gets_them_in_its_first_fragment_only) {
  StreamRepair repair(1);
  EXPECT_EQ(repaired(repair, with_call({.index = 1, .name = "f", .arguments = "{"})),
            (std::vector<ToolCallDelta>{{.index = 1, .id = "call_1", .type = "function", .name = "f", .arguments = "{"}}));
  EXPECT_EQ(repaired(repair, with_call({.index = 1, .arguments = "}"})), (std::vector<ToolCallDelta>{{.index = 1, .arguments = "}"}}));
}

TEST(StreamRepair, what_comes_before_the_name_waits_for_it) {
  StreamRepair repair(1);
  EXPECT_TRUE(repaired(repair, with_call({.id = "c", .arguments = "{"})).empty());
  EXPECT_EQ(repair.complete().error().kind, ErrorKind::upstream_invalid) << "if the stream ended here";
  EXPECT_EQ(repaired(repair, with_call({.name = "f", .arguments = "\"a\""})),
            (std::vector<ToolCallDelta>{{.id = "c", .type = "function", .name = "f", .arguments = "{\"a\""}}));
  EXPECT_TRUE(repair.complete());
}

TEST(StreamRepair, the_fragments_of_a_custom_call_stay_custom) {
  StreamRepair repair(1);
  EXPECT_TRUE(repaired(repair, with_call({.id = "c", .type = "custom", .name = "g", .custom = true})).at(0).custom);
  EXPECT_TRUE(repaired(repair, with_call({.arguments = "x"})).at(0).custom);
}

}  // namespace
}  // namespace xrouter::upstream
