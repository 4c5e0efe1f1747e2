// Replies read whole, and in pieces cut anywhere.
#include <gtest/gtest.h>

#include "xrouter/chat_format/chat_format.hpp"

namespace xrouter::chat_format {
namespace {

std::shared_ptr<const ChatFormat> format(std::string_view name) { return *ChatFormat::named(name); }

struct Expected {
  std::string thinking = {};
  std::string text = {};
  std::vector<std::string> calls = {};  ///< name and arguments
};

std::vector<std::string> calls_of(const ParsedReply& reply) {
  std::vector<std::string> calls;
  for (const ToolCall& call : reply.tool_calls) calls.push_back(call.name + " " + call.arguments);
  return calls;
}

void expect(const ParsedReply& got, const Expected& expected, std::string_view reply) {
  EXPECT_EQ(got.thinking, expected.thinking) << reply;
  EXPECT_EQ(got.text, expected.text) << reply;
  EXPECT_EQ(calls_of(got), expected.calls) << reply;
}

ParsedReply in_pieces(const ChatFormat& format, std::string_view reply, std::size_t piece) {
  const auto parser = format.reply_parser(CallsInReply::parsed);
  ParsedReply all;
  for (std::size_t at = 0; at < reply.size(); at += piece) all += parser->add(reply.substr(at, piece));
  all += parser->finish();
  return all;
}

void expect_everywhere(std::string_view name, std::string_view reply, const Expected& expected) {
  expect(format(name)->parse(reply), expected, reply);
  for (const std::size_t piece : {1U, 2U, 3U, 7U}) expect(in_pieces(*format(name), reply, piece), expected, reply);
}

TEST(HermesReply, is_text_or_calls_or_both) {
  expect_everywhere("hermes", "", {});
  expect_everywhere("hermes", "Just text.\n", {.text = "Just text.\n"});
  expect_everywhere("hermes", "<tool_call>\n{\"name\": \"a\", \"arguments\": {\"x\":  1}}\n</tool_call>", {.calls = {"a {\"x\":  1}"}});
  expect_everywhere("hermes",
                    "Two:\n<tool_call>\n{\"name\": \"a\", \"arguments\": "
                    "{}}\n</tool_call>\n<tool_call>{\"name\":\"b\",\"arguments\":{}}</tool_call>\n ok",
                    {.text = "Two:ok", .calls = {"a {}", "b {}"}});
}

TEST(HermesReply, thinking_is_kept_apart) {
  expect_everywhere("qwen3", "<think>\nHm.\nYes.\n</think>\n\nAnswer", {.thinking = "Hm.\nYes.", .text = "Answer"});
  expect_everywhere("qwen3", "<think>\n\n</think>\n\n<tool_call>\n{\"name\": \"a\", \"arguments\": {}}\n</tool_call>", {.calls = {"a {}"}});
  expect_everywhere("qwen3", "<think>\nHm <tool_call> <th", {.thinking = "Hm <tool_call> <th"});
  expect_everywhere("qwen3", " <thin air> <think>", {.text = " <thin air> <think>"});
}

TEST(HermesReply, a_closing_tag_inside_a_string_does_not_end_the_call) {
  expect_everywhere("hermes", "<tool_call>\n{\"name\": \"a\", \"arguments\": {\"t\": \"}\\\"</tool_call>\"}}\n</tool_call>",
                    {.calls = {"a {\"t\": \"}\\\"</tool_call>\"}"}});
}

TEST(HermesReply, malformed_calls_stay_text) {
  for (const std::string_view odd :
       {"<tool_call>", "<tool_call>\nnothing\n</tool_call>", "<tool_call>\n{\"name\": \"a\"}\n</tool_call>",
        "<tool_call>\n{\"name\": \"\", \"arguments\": {}}\n</tool_call>",
        "<tool_call>\n{\"name\": \"a\", \"arguments\": [1]}\n</tool_call>",
        "<tool_call>\n{\"name\": \"a\", \"arguments\": {}} more </tool_call>", "<tool_call>\n{\"name\": \"a\", \"arguments\": {",
        "<tool_call>\n{'name': 'a'}\n</tool_call>", "a <tool_cal", "</tool_call>", "x <tool_call> {]} </tool_call> y"})
    expect_everywhere("hermes", odd, {.text = std::string(odd)});
}

TEST(HermesReply, a_good_call_behind_a_malformed_one_is_found) {
  expect_everywhere("hermes", "<tool_call>\n<tool_call>\n{\"name\": \"a\", \"arguments\": {}}\n</tool_call>",
                    {.text = "<tool_call>", .calls = {"a {}"}});
}

TEST(HermesReply, a_call_whose_closing_tag_was_cut_off_counts) {
  expect_everywhere("hermes", "<tool_call>\n{\"name\": \"a\", \"arguments\": {}}\n</tool", {.calls = {"a {}"}});
}

TEST(LlamaReply, is_a_call_only_when_it_is_nothing_else) {
  expect_everywhere("llama3", "{\"name\": \"a\", \"parameters\": {\"x\": 1}}", {.calls = {"a {\"x\": 1}"}});
  expect_everywhere("llama3", " {\"name\":\"a\", \"parameters\": {}}; {\"name\": \"b\", \"parameters\": {}}\n",
                    {.calls = {"a {}", "b {}"}});
  for (const std::string_view odd : {"{\"name\": \"a\", \"parameters\": {}} is the call", "{\"x\": 1}", "{", "{ \"nam",
                                     "Use {\"name\": \"a\", \"parameters\": {}}", "{\"name\": \"a\", \"parameters\": 1}",
                                     "{\"name\": \"a\", \"parameters\": {}", "{\"name\": \"a\", \"parameters\": {}}; {\"name\": 1}"})
    expect_everywhere("llama3", odd, {.text = std::string(odd)});
}

TEST(ReplyParser, gives_text_as_soon_as_it_cannot_be_a_call) {
  const auto hermes = format("hermes")->reply_parser(CallsInReply::parsed);
  EXPECT_EQ(hermes->add("Hello").text, "Hello");
  EXPECT_EQ(hermes->add(" <tool").text, "");
  EXPECT_EQ(hermes->add("box>").text, " <toolbox>");
  EXPECT_EQ(hermes->add(" \n").text, "");
  EXPECT_EQ(hermes->add("b").text, " \nb");
  const auto llama = format("llama3")->reply_parser(CallsInReply::parsed);
  EXPECT_EQ(llama->add("{").text, "");
  EXPECT_EQ(llama->add("\"a\": 1").text, "{\"a\": 1");
  EXPECT_EQ(llama->add("}").text, "}");
}

TEST(ReplyParser, counts_the_calls_of_a_reply) {
  const auto parser = format("hermes")->reply_parser(CallsInReply::parsed);
  const std::string call = "<tool_call>\n{\"name\": \"a\", \"arguments\": {}}\n</tool_call>";
  EXPECT_EQ(parser->add(call).tool_calls.at(0).id, "call_0");
  EXPECT_EQ(parser->add("\n" + call).tool_calls.at(0).id, "call_1");
}

TEST(ReplyParser, finds_no_calls_where_none_are_looked_for) {
  for (const std::string_view name : {"hermes", "qwen3", "llama3"}) {
    const auto parser = format(name)->reply_parser(CallsInReply::as_text);
    EXPECT_EQ(parser->add("<think>hm</think>\n").thinking, "hm");
    EXPECT_EQ(parser->add("{\"name\": \"a\", \"parameters\": {}} <tool_call>").text, "{\"name\": \"a\", \"parameters\": {}} <tool_call>");
    EXPECT_EQ(parser->finish().text, "");
  }
}

}  // namespace
}  // namespace xrouter::chat_format
