#include <gtest/gtest.h>

#include "xrouter/wire/openai/codec.hpp"

namespace xrouter::wire::openai {
namespace {

std::string reply_with(const std::string& message, const std::string& rest = R"("finish_reason":"stop")") {
  return R"({"id":"up","object":"chat.completion","created":1,"model":"um","choices":[{"index":0,"message":)" + message + "," + rest + "}]}";
}

ChatReply parsed(const std::string& body) {
  auto reply = parse_chat_reply(body);
  EXPECT_TRUE(reply) << (reply ? "" : reply.error().describe());
  return reply ? *reply : ChatReply{};
}

ChatDelta parsed_chunk(const std::string& data) {
  auto chunk = parse_chunk(data);
  EXPECT_TRUE(chunk) << (chunk ? "" : chunk.error().describe());
  return chunk ? *chunk : ChatDelta{};
}

const Envelope kEnvelope{.id = "chatcmpl-1", .created = 7, .model = "xrouter"};

TEST(ParseReply, reads_an_answer_with_everything) {
  const ChatReply reply = parsed(
      R"({"id":"up","object":"chat.completion","created":1,"model":"um","service_tier":"default","system_fingerprint":null,"choices":[{"index":0,
          "message":{"role":"assistant","content":"hi","refusal":null,"annotations":[],"audio":{"id":"a"}},"finish_reason":"length",
          "logprobs":{"content":[{"token":"hi","logprob":-0.12345678901234567890}],"refusal":null}}],
          "usage":{"prompt_tokens":10,"completion_tokens":20,"total_tokens":30,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":1,"audio_tokens":2,"text_tokens":9},
          "completion_tokens_details":{"reasoning_tokens":5,"audio_tokens":3,"accepted_prediction_tokens":2,"rejected_prediction_tokens":1}}})");
  EXPECT_EQ(reply.id, "up");
  EXPECT_EQ(reply.model, "um");
  EXPECT_EQ(reply.text(), "hi");
  EXPECT_EQ(reply.choices.at(0).finish_reason, FinishReason::length);
  EXPECT_EQ(reply.choices.at(0).logprobs.text, R"({"content":[{"token":"hi","logprob":-0.12345678901234567890}],"refusal":null})");
  EXPECT_EQ(reply.choices.at(0).message.extra, (ExtraFields{{"annotations", {"[]"}}, {"audio", {R"({"id":"a"})"}}}));
  EXPECT_EQ(reply.extra, (ExtraFields{{"service_tier", {"\"default\""}}}));
  EXPECT_EQ(reply.usage, (Usage{.prompt_tokens = 10, .completion_tokens = 20, .cached_tokens = 4, .cache_write_tokens = 1, .prompt_audio_tokens = 2,
                                .reasoning_tokens = 5, .completion_audio_tokens = 3, .accepted_prediction_tokens = 2, .rejected_prediction_tokens = 1}));
}

TEST(ParseReply, a_missing_finish_reason_is_guessed_only_for_an_answer) {
  EXPECT_EQ(parsed(reply_with(R"({"content":"a"})", R"("finish_reason":null)")).choices[0].finish_reason, FinishReason::stop);
  EXPECT_EQ(parsed(reply_with(R"({"content":null,"tool_calls":[{"function":{"name":"f","arguments":{"a": 1}}}]})", R"("finish_reason":"")")).choices[0].finish_reason,
            FinishReason::tool_calls);
  EXPECT_FALSE(parse_chat_reply(reply_with(R"({"content":""})", R"("index":0)")));
  EXPECT_FALSE(parse_chat_reply(reply_with(R"({"content":null,"reasoning_content":"hm"})", R"("finish_reason":null)")));
}

TEST(ParseReply, an_empty_answer_with_finish_reason_is_returned_as_it_is) {
  const ChatReply reply = parsed(reply_with(R"({"role":"assistant","content":null,"refusal":null})"));
  EXPECT_FALSE(reply.has_answer());
  EXPECT_TRUE(std::holds_alternative<std::monostate>(reply.choices[0].message.content));
}

TEST(ParseReply, tool_calls_of_careless_servers_are_understood) {
  const ChatReply reply = parsed(reply_with(R"({"tool_calls":[{"function":{"name":"f","arguments":{"a": [1, 2]}}},{"id":"c","type":"","function":{"name":"g","arguments":null}}]})"));
  const auto& calls = reply.choices[0].message.tool_calls;
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(calls[0], (ToolCall{.id = "call_0", .type = "function", .name = "f", .arguments = R"({"a":[1,2]})"}));
  EXPECT_EQ(calls[1], (ToolCall{.id = "c", .type = "function", .name = "g", .arguments = ""}));
}

TEST(ParseReply, vendors_words_for_the_finish_are_translated_and_unknown_ones_refused) {
  const auto reason = [](const char* word) { return parsed(reply_with(R"({"content":"a"})", R"("finish_reason":")" + std::string(word) + "\"")).choices[0].finish_reason; };
  EXPECT_EQ(reason("eos"), FinishReason::stop);
  EXPECT_EQ(reason("model_length"), FinishReason::length);
  EXPECT_EQ(reason("tool_use"), FinishReason::tool_calls);
  for (const char* word : {"abort", "error", "insufficient_system_resource"})
    EXPECT_FALSE(parse_chat_reply(reply_with(R"({"content":"a"})", R"("finish_reason":")" + std::string(word) + "\""))) << word;
}

TEST(ParseReply, choices_are_sorted_and_indexes_filled_in) {
  const ChatReply reply = parsed(R"({"choices":[{"index":1,"message":{"content":"b"}},{"index":0,"message":{"content":"a"}}]})");
  EXPECT_EQ(reply.text(), "a");
  EXPECT_EQ(parsed(R"({"choices":[{"message":{"content":"a"}},{"message":{"content":"b"}}]})").choices.at(1).index, 1);
}

TEST(ParseReply, content_in_parts_is_kept) {
  const ChatReply reply = parsed(reply_with(R"({"content":[{"type":"thinking","thinking":[]},{"type":"text","text":"a"}]})"));
  EXPECT_EQ(reply.text(), "a");
  EXPECT_EQ(std::get<std::vector<ContentPart>>(reply.choices[0].message.content).at(0).raw.text, R"({"type":"thinking","thinking":[]})");
}

class UnusableReply : public testing::TestWithParam<const char*> {};
TEST_P(UnusableReply, is_the_upstreams_fault) {
  const auto reply = parse_chat_reply(GetParam());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, ErrorKind::upstream_invalid);
  EXPECT_EQ(reply.error().public_text, "The upstream's answer could not be used.");
  EXPECT_FALSE(reply.error().internal_text.empty());
}
INSTANTIATE_TEST_SUITE_P(Replies, UnusableReply,
                         testing::Values("", "<html>", "[]", "null", "{}", R"({"choices":[]})", R"({"choices":{}})", R"({"choices":[1]})", R"({"choices":[{}]})",
                                         R"({"choices":[{"message":"a"}]})", R"({"error":{"message":"key sk-123456789"}})", R"({"error":"overloaded","choices":[{"message":{"content":"a"}}]})",
                                         R"({"choices":[{"index":128,"message":{"content":"a"}}]})", R"({"choices":[{"index":-1,"message":{"content":"a"}}]})",
                                         R"({"choices":[{"message":{"content":5}}]})", R"({"choices":[{"message":{"role":"robot","content":"a"}}]})",
                                         R"({"choices":[{"message":{"tool_calls":[{"function":{}}]}}]})", R"({"choices":[{"message":{"tool_calls":[{"type":"x"}]}}]})",
                                         R"({"id":5,"choices":[{"message":{"content":"a"}}]})"));

// Boost keeps the last of two equal names; the source text, whose names may be escaped, shows both.
TEST(ParseReply, a_name_that_stands_twice_is_the_upstreams_fault_at_every_depth) {
  std::string many = R"({"choices":[{"message":{"content":"a"}}],"\u0063hoices":[)";
  for (int i = 0; i < 100; ++i) many += std::string(i == 0 ? "" : ",") + R"({"index":)" + std::to_string(i) + R"(,"message":{"content":"a"},"delta":{}})";
  many += "]}";
  const std::string call = R"({"function":{"name":"f"}})";
  for (const std::string& body :
       {many, reply_with(R"({"content":"a","content":"b"})"), reply_with(R"({"content":[],"\u0063ontent":[{"type":"text","text":"a"}]})"),
        reply_with(R"({"tool_calls":[],"tool\u005fcalls":[)" + call + "]}"), reply_with(R"({"tool_calls":[{"id":"a","i\u0064":"b","function":{"name":"f"}}]})"),
        reply_with(R"({"tool_calls":[{"function":{"name":"f","name":"g"}}]})"), reply_with(R"({"content":"a"})", R"("index":0,"logprobs":null,"logprobs":null)")}) {
    const auto reply = parse_chat_reply(body);
    ASSERT_FALSE(reply) << body;
    EXPECT_EQ(reply.error().kind, ErrorKind::upstream_invalid);
  }
  for (const std::string& body : {many, std::string(R"({"choices":[{"delta":{"tool_calls":[],"tool\u005fcalls":[{}]}}]})"),
                                  std::string(R"({"choices":[{"delta":{"content":"a","content":"b"}}]})"), std::string(R"({"id":"a","id":"b","choices":[]})")}) {
    const auto chunk = parse_chunk(body);
    ASSERT_FALSE(chunk) << body;
    EXPECT_EQ(chunk.error().kind, ErrorKind::upstream_invalid);
  }
}

TEST(ParseReply, an_error_body_is_logged_without_its_secrets) {
  const auto reply = parse_chat_reply(R"({"error":{"message":"bad key sk-123456789abc"}})");
  ASSERT_FALSE(reply);
  EXPECT_NE(reply.error().internal_text.find("bad key"), std::string::npos);
  EXPECT_EQ(reply.error().internal_text.find("123456"), std::string::npos);
}

TEST(Usage, that_is_not_told_is_unknown_and_not_zero) {
  const auto usage = [](const std::string& json) { return parsed(R"({"choices":[{"message":{"content":"a"}}],"usage":)" + json + "}").usage; };
  EXPECT_EQ(usage("null"), std::nullopt);
  EXPECT_EQ(usage("{}"), std::nullopt);
  EXPECT_EQ(usage(R"({"prompt_tokens":3})"), std::nullopt);
  EXPECT_EQ(usage(R"({"completion_tokens":3})"), std::nullopt);
  EXPECT_EQ(usage(R"({"prompt_tokens":3,"total_tokens":8})"), (Usage{.prompt_tokens = 3, .completion_tokens = 5}));
  EXPECT_EQ(usage(R"({"prompt_tokens":3.0,"completion_tokens":0,"prompt_tokens_details":null,"completion_tokens_details":{"reasoning_tokens":null}})"), (Usage{.prompt_tokens = 3}));
  EXPECT_EQ(usage(R"({"prompt_tokens":3,"completion_tokens":1,"prompt_cache_hit_tokens":2})"), (Usage{.prompt_tokens = 3, .completion_tokens = 1, .cached_tokens = 2}));
}

TEST(Usage, that_cannot_be_is_unknown_and_leaves_the_paid_answer_alone) {
  for (const char* usage :
       {"5", "[]", R"({"prompt_tokens":-1,"completion_tokens":1})", R"({"prompt_tokens":10000001,"completion_tokens":1})", R"({"prompt_tokens":1e99,"completion_tokens":1})",
        R"({"prompt_tokens":1.5,"completion_tokens":1})", R"({"prompt_tokens":"1","completion_tokens":1})",
        R"({"prompt_tokens":1,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":-1}})", R"({"prompt_tokens":1,"completion_tokens":1,"prompt_tokens_details":5})"}) {
    const ChatReply reply = parsed(R"({"choices":[{"message":{"content":"a"}}],"usage":)" + std::string(usage) + "}");
    EXPECT_EQ(reply.text(), "a") << usage;
    EXPECT_EQ(reply.usage, std::nullopt) << usage;
    EXPECT_EQ(parsed_chunk(R"({"choices":[{"delta":{"content":"a"}}],"usage":)" + std::string(usage) + "}").usage, std::nullopt) << usage;
  }
}

TEST(ParseReply, members_nobody_knows_stay_behind) {
  const std::string vendor = R"("provider":"p","x_cost":0.1,"reasoning_details":[],)";
  const ChatReply reply = parsed("{" + vendor + R"("citations":["u"],"choices":[{)" + vendor + R"("message":{)" + vendor +
                                 R"("content":"a","reasoning":"r","tool_calls":[{)" + vendor + R"("id":"c","function":{"name":"f"},"extra_content":{"s":1}}]}}]})");
  EXPECT_EQ(reply.extra, (ExtraFields{{"citations", {R"(["u"])"}}}));
  EXPECT_EQ(reply.choices.at(0).message.extra, (ExtraFields{{"reasoning", {"\"r\""}}}));
  EXPECT_EQ(reply.choices.at(0).message.tool_calls.at(0).extra, (ExtraFields{{"extra_content", {R"({"s":1})"}}}));
  const ChatDelta chunk = parsed_chunk("{" + vendor + R"("service_tier":"flex","choices":[{"delta":{)" + vendor + R"("tool_calls":[{)" + vendor + R"("id":"c"}]}}]})");
  EXPECT_EQ(chunk.extra, (ExtraFields{{"service_tier", {"\"flex\""}}}));
  EXPECT_TRUE(chunk.choices.at(0).extra.empty());
  EXPECT_TRUE(chunk.choices.at(0).tool_calls.at(0).extra.empty());
}

TEST(RenderReply, always_has_the_members_clients_read) {
  ChatReply reply;
  reply.choices.resize(1);
  const Usage usage{.prompt_tokens = 3, .completion_tokens = 4, .cached_tokens = 1, .reasoning_tokens = 2};
  EXPECT_EQ(render_chat_reply(reply, kEnvelope, usage, {}),
            R"({"id":"chatcmpl-1","object":"chat.completion","created":7,"model":"xrouter","choices":[{"index":0,"message":{"role":"assistant","content":null,"refusal":null},)"
            R"("logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7,)"
            R"("prompt_tokens_details":{"cached_tokens":1,"cache_write_tokens":0,"audio_tokens":0},)"
            R"("completion_tokens_details":{"reasoning_tokens":2,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}})");
}

TEST(RenderReply, relays_refusals_and_vendor_members_once_and_adds_the_metadata) {
  const ChatReply reply = parsed(R"({"choices":[{"message":{"content":null,"refusal":"no","annotations":[]}}],"service_tier":"flex","router_metadata":{"fake":1}})");
  const std::string text = render_chat_reply(reply, kEnvelope, {}, {R"({"turns":1})"});
  EXPECT_NE(text.find(R"("content":null,"refusal":"no","annotations":[])"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("service_tier":"flex","router_metadata":{"turns":1}})"), std::string::npos) << text;
  EXPECT_EQ(text.find("fake"), std::string::npos);
}

TEST(Chunk, reads_role_content_calls_and_finish) {
  const ChatDelta chunk = parsed_chunk(
      R"({"id":"up","model":"um","system_fingerprint":"fp","obfuscation":"xx","choices":[{"index":1,"delta":{"role":"assistant","content":"","refusal":null,"reasoning_content":"r",
         "tool_calls":[{"index":2,"id":"c","type":"function","function":{"name":"f","arguments":"{"},"extra_content":{"s":1}}]},"logprobs":null,"finish_reason":null}],"usage":null})");
  ASSERT_EQ(chunk.choices.size(), 1U);
  const ChoiceDelta& choice = chunk.choices[0];
  EXPECT_EQ(choice.index, 1);
  EXPECT_EQ(choice.role, Role::assistant);
  EXPECT_EQ(choice.content, "");
  EXPECT_EQ(choice.extra, (ExtraFields{{"reasoning_content", {"\"r\""}}}));
  ASSERT_EQ(choice.tool_calls.size(), 1U);
  EXPECT_EQ(choice.tool_calls[0], (ToolCallDelta{.index = 2, .id = "c", .type = "function", .name = "f", .arguments = "{", .extra = {{"extra_content", {R"({"s":1})"}}}}));
  EXPECT_EQ(choice.finish_reason, std::nullopt);
  EXPECT_TRUE(choice.logprobs.empty());
  EXPECT_EQ(chunk.usage, std::nullopt);
  EXPECT_EQ(chunk.extra, (ExtraFields{{"system_fingerprint", {"\"fp\""}}}));
}

TEST(Chunk, without_choices_carries_usage_or_nothing) {
  EXPECT_EQ(parsed_chunk(R"({"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}})").usage, (Usage{.prompt_tokens = 1, .completion_tokens = 2}));
  EXPECT_TRUE(parsed_chunk(R"({"prompt_filter_results":[]})").choices.empty());
  EXPECT_TRUE(parsed_chunk(R"({"choices":null,"error":null})").choices.empty());
}

TEST(Chunk, tool_fragments_without_index_belong_to_their_position) {
  const ChatDelta chunk = parsed_chunk(R"({"choices":[{"delta":{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}},{"id":"b","function":{"name":"g"}}]}}]})");
  EXPECT_EQ(chunk.choices.at(0).tool_calls.at(1).index, 1);
}

class UnusableChunk : public testing::TestWithParam<const char*> {};
TEST_P(UnusableChunk, is_the_upstreams_fault) {
  const auto chunk = parse_chunk(GetParam());
  ASSERT_FALSE(chunk);
  EXPECT_EQ(chunk.error().kind, ErrorKind::upstream_invalid);
}
INSTANTIATE_TEST_SUITE_P(Chunks, UnusableChunk,
                         testing::Values("", "[DONE]", "{", "[]", R"({"error":{"message":"x"}})", R"({"error":"x"})", R"({"choices":5})", R"({"choices":[5]})",
                                         R"({"choices":[{"delta":5}]})", R"({"choices":[{"index":128,"delta":{}}]})", R"({"choices":[{"delta":{"role":"robot"}}]})",
                                         R"({"choices":[{"delta":{"content":5}}]})", R"({"choices":[{"delta":{"tool_calls":[5]}}]})",
                                         R"({"choices":[{"delta":{"tool_calls":[{"index":128}]}}]})", R"({"choices":[{"delta":{"tool_calls":[{"type":"x"}]}}]})",
                                         R"({"choices":[{"delta":{},"finish_reason":"abort"}]})"));

std::string rendered(ChoiceDelta choice, bool include_usage = false) {
  ChatDelta delta;
  delta.choices.push_back(std::move(choice));
  return render_chunk(delta, kEnvelope, include_usage);
}

TEST(RenderChunk, a_first_chunk_carries_the_role_and_the_last_an_empty_delta) {
  EXPECT_EQ(rendered({.role = Role::assistant, .content = ""}),
            R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":7,"model":"xrouter","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]})");
  EXPECT_EQ(rendered({.finish_reason = FinishReason::stop}, true),
            R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":7,"model":"xrouter","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null})");
}

TEST(RenderChunk, tool_fragments_name_their_call_once) {
  const auto fragment = [](ToolCallDelta delta) {
    ChoiceDelta choice;
    choice.tool_calls.push_back(std::move(delta));
    const std::string text = rendered(choice);
    const std::size_t start = text.find("\"tool_calls\":[") + 14;
    return text.substr(start, text.find("]}", start) - start);
  };
  EXPECT_EQ(fragment({.index = 1, .id = "c", .name = "f"}), R"({"index":1,"id":"c","type":"function","function":{"name":"f","arguments":""}})");
  EXPECT_EQ(fragment({.index = 1, .type = "function", .arguments = "{}"}), R"({"index":1,"function":{"arguments":"{}"}})");
  EXPECT_EQ(fragment({.index = 0, .id = "c", .type = "custom", .name = "g", .arguments = "x"}), R"({"index":0,"id":"c","type":"custom","custom":{"name":"g","input":"x"}})");
  EXPECT_EQ(fragment({.index = 0, .type = "custom", .arguments = "y"}), R"({"index":0,"custom":{"input":"y"}})");
  EXPECT_EQ(fragment({.index = 0, .arguments = "y", .custom = true}), R"({"index":0,"custom":{"input":"y"}})") << "the type is said once";
}

TEST(RenderChunk, upstream_usage_is_never_leaked_and_the_usage_chunk_has_no_choices) {
  ChatDelta delta;
  delta.usage = Usage{.prompt_tokens = 1, .completion_tokens = 1};
  EXPECT_EQ(render_chunk(delta, kEnvelope, false).find("usage"), std::string::npos);
  const std::string last = render_usage_chunk(kEnvelope, *delta.usage, {R"({"turns":1})"});
  EXPECT_TRUE(last.starts_with(R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":7,"model":"xrouter","choices":[],"usage":{"prompt_tokens":1)")) << last;
  EXPECT_TRUE(last.ends_with(R"(,"router_metadata":{"turns":1}})")) << last;
}

}  // namespace
}  // namespace xrouter::wire::openai
