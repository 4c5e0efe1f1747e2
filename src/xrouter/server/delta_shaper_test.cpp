#include "xrouter/server/delta_shaper.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

namespace xrouter::server {
namespace {

ChatDelta delta(ChoiceDelta choice) {
  ChatDelta made;
  made.choices.push_back(std::move(choice));
  return made;
}
ChatDelta role() {
  ChoiceDelta choice;
  choice.role = Role::assistant;
  return delta(std::move(choice));
}
ChatDelta content(std::string text, std::int64_t index = 0) {
  ChoiceDelta choice{.index = index};
  choice.content = std::move(text);
  return delta(std::move(choice));
}
ChatDelta tool(std::int64_t index, std::string id, std::string name, std::string arguments) {
  ChoiceDelta choice;
  choice.tool_calls.push_back({.index = index, .id = std::move(id), .name = std::move(name), .arguments = std::move(arguments)});
  return delta(std::move(choice));
}
ChatDelta finish(FinishReason reason) {
  ChoiceDelta choice;
  choice.finish_reason = reason;
  return delta(std::move(choice));
}

TEST(DeltaShaper, a_role_alone_commits_nothing) {
  DeltaShaper shaper;
  EXPECT_TRUE(shaper.shape(role()).empty());
  EXPECT_FALSE(shaper.committed());
}

TEST(DeltaShaper, the_first_chunk_of_a_choice_has_the_role_and_no_other) {
  DeltaShaper shaper;
  shaper.shape(role());
  std::vector<ChatDelta> out = shaper.shape(content("a"));
  ASSERT_FALSE(out.empty());
  EXPECT_EQ(out[0].choices[0].role, Role::assistant);
  for (std::size_t i = 1; i < out.size(); ++i) EXPECT_FALSE(out[i].choices[0].role);
  ChatDelta again = content("b");
  again.choices[0].role = Role::assistant;
  out = shaper.shape(again);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_FALSE(out[0].choices[0].role) << "some upstreams repeat it in every chunk";
}

TEST(DeltaShaper, a_second_attempt_replaces_what_the_first_had_begun) {
  DeltaShaper shaper;
  shaper.shape(role());
  ChatDelta thought = role();
  thought.choices[0].role.reset();
  thought.choices[0].extra.emplace_back("reasoning_content", RawJson{"\"first\""});
  shaper.shape(thought);
  shaper.shape(role());
  const std::vector<ChatDelta> out = shaper.shape(content("answer"));
  for (const ChatDelta& one : out) EXPECT_TRUE(one.choices[0].extra.empty()) << "the first attempt's thought is gone";
}

ChatDelta thought(std::string json) {
  ChoiceDelta choice;
  choice.extra.emplace_back("reasoning_content", RawJson{std::move(json)});
  return delta(std::move(choice));
}

TEST(DeltaShaper, long_thinking_costs_neither_a_thought_nor_the_first_words) {
  for (std::size_t thoughts : {DeltaShaper::kMaxHeld - 1, DeltaShaper::kMaxHeld, DeltaShaper::kMaxHeld + 1}) {
    DeltaShaper shaper;
    std::vector<ChatDelta> out;
    const auto feed = [&](const ChatDelta& one) { std::ranges::move(shaper.shape(one), std::back_inserter(out)); };
    for (std::size_t i = 0; i < thoughts; ++i) feed(thought(std::to_string(i)));
    feed(content("first words"));
    ASSERT_EQ(out.size(), thoughts + 1);
    for (std::size_t i = 0; i < thoughts; ++i) EXPECT_EQ(out[i].choices[0].extra.at(0).second.text, std::to_string(i));
    EXPECT_EQ(out.back().choices[0].content, "first words") << "after " << thoughts << " thoughts";
  }
}

TEST(DeltaShaper, a_choice_that_begins_without_the_first_one_is_still_a_whole_answer) {
  DeltaShaper shaper(2);
  std::vector<ChatDelta> out = shaper.shape(content("b", 1));
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].choices[0].role, Role::assistant);
  ChatReply reply;
  reply.choices = {Choice{.index = 1}, Choice{.index = 2}};
  out = shaper.close(reply);
  ASSERT_EQ(out.size(), 1u) << "index 2 is beyond n";
  EXPECT_EQ(out[0].choices[0].index, 1);
}

TEST(DeltaShaper, tool_calls_are_named_in_their_first_fragment_only) {
  DeltaShaper shaper;
  const std::vector<ChatDelta> first = shaper.shape(tool(0, "call_1", "f", "{\"a\""));
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].choices[0].tool_calls[0].type, "function") << "the official accumulator needs a type";
  const std::vector<ChatDelta> second = shaper.shape(tool(0, "call_1", "f", ":1}"));
  const ToolCallDelta& fragment = second.at(0).choices[0].tool_calls[0];
  EXPECT_EQ(fragment.id + fragment.type + fragment.name, "");
  EXPECT_EQ(fragment.arguments, ":1}");
  EXPECT_EQ(shaper.shape(tool(1, "call_2", "g", "")).at(0).choices[0].tool_calls[0].id, "call_2");
}

TEST(DeltaShaper, the_finish_reason_comes_in_an_empty_chunk_once) {
  DeltaShaper shaper;
  ChatDelta last = content("end");
  last.choices[0].finish_reason = FinishReason::length;
  const std::vector<ChatDelta> out = shaper.shape(last);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_FALSE(out[0].choices[0].finish_reason);
  EXPECT_EQ(out[1].choices[0].finish_reason, FinishReason::length);
  EXPECT_FALSE(out[1].choices[0].content);
  EXPECT_TRUE(shaper.shape(finish(FinishReason::stop)).empty());
  ChatReply reply;
  reply.choices.emplace_back();
  EXPECT_TRUE(shaper.close(reply).empty());
}

TEST(DeltaShaper, a_missing_finish_reason_is_supplied_at_the_end) {
  DeltaShaper shaper;
  shaper.shape(content("a"));
  ChatReply reply;
  reply.choices.emplace_back().finish_reason = FinishReason::stop;
  const std::vector<ChatDelta> out = shaper.close(reply);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].choices[0].finish_reason, FinishReason::stop);
}

TEST(DeltaShaper, usage_and_upstream_identity_do_not_pass) {
  DeltaShaper shaper;
  ChatDelta with = content("a");
  with.id = "upstream-id";
  with.usage = Usage{.prompt_tokens = 1};
  const std::vector<ChatDelta> out = shaper.shape(with);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_TRUE(out[0].id.empty());
  EXPECT_FALSE(out[0].usage);
}

TEST(DeltaShaper, choices_that_nobody_asked_for_are_dropped) {
  DeltaShaper shaper(1);
  EXPECT_TRUE(shaper.shape(content("surplus", 1)).empty());
  EXPECT_FALSE(shaper.committed());
  ChatDelta both = content("wanted", 0);
  both.choices.push_back(content("surplus", 1).choices[0]);
  const std::vector<ChatDelta> out = shaper.shape(both);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].choices[0].content, "wanted");
  ChatReply reply;
  reply.choices = {Choice{.index = 0}, Choice{.index = 1}};
  EXPECT_EQ(shaper.close(reply).size(), 1u);
}

}  // namespace
}  // namespace xrouter::server
