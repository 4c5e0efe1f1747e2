// Properties over seeded random values: what is written is read back equal.
#include <gtest/gtest.h>

#include "xrouter/base/rng.hpp"
#include "xrouter/json/parse.hpp"
#include "xrouter/wire/openai/codec.hpp"

namespace xrouter::wire::openai {
namespace {

constexpr std::uint64_t kSeeds = 2000;

std::string random_text(Rng& rng, std::uint64_t max_pieces = 8) {
  constexpr std::string_view kPieces[] = {"a", "bc", " ", "\n", "\xC3\xA9", "\xF0\x9F\x98\x80", "\"", "\\", "{", "]", ",", "\x01", "\xE2\x80\xA8", "null"};
  std::string text;
  for (std::uint64_t i = rng.below(max_pieces); i > 0; --i) text += kPieces[rng.below(std::size(kPieces))];
  return text;
}

std::string some_text(Rng& rng) { return "x" + random_text(rng); }

RawJson random_json(Rng& rng, int depth = 0) {
  constexpr std::string_view kScalars[] = {"true", "null", "0", "-0.0", "1.50", "12345678901234567890123", "1e-400", "[]", "{}"};
  if (depth > 2 || rng.chance(0.5)) return rng.chance(0.5) ? RawJson{std::string(kScalars[rng.below(std::size(kScalars))])} : RawJson{json::quote(random_text(rng))};
  const bool object = rng.chance(0.5);
  std::string text(object ? "{" : "[");
  for (std::uint64_t i = rng.below(4); i > 0; --i) {
    if (text.size() > 1) text += ',';
    if (object) text += json::quote("k" + std::to_string(i)) + ":";
    text += random_json(rng, depth + 1).text;
  }
  return {text + (object ? "}" : "]")};
}

RawJson not_null(RawJson json) { return json.text == "null" ? RawJson{"1"} : json; }

// What an upstream may send along and the client gets to see.
ExtraFields random_relayed(Rng& rng, std::initializer_list<const char*> names) {
  ExtraFields extra;
  for (const char* name : names)
    if (rng.chance(0.4)) extra.emplace_back(name, not_null(random_json(rng)));
  return extra;
}

ExtraFields random_extra(Rng& rng, bool nulls) {
  ExtraFields extra;
  for (std::uint64_t i = rng.below(3); i > 0; --i) {
    RawJson value = random_json(rng);
    extra.emplace_back("x_" + std::to_string(i) + random_text(rng, 3), nulls ? value : not_null(value));
  }
  return extra;
}

Content random_content(Rng& rng) {
  if (rng.chance(0.6)) return random_text(rng);
  std::vector<ContentPart> parts;
  for (std::uint64_t i = 1 + rng.below(3); i > 0; --i) {
    const std::string text = random_text(rng);
    if (rng.chance(0.6))
      parts.push_back({.type = "text", .text = text, .raw = {R"({"type":"text","text":)" + json::quote(text) + "}"}});
    else
      parts.push_back({.type = "image_url", .text = "", .raw = {R"({"type":"image_url","image_url":{"url":)" + json::quote(text) + "}}"}});
  }
  return parts;
}

ToolCall random_call(Rng& rng) {
  ToolCall call{.id = some_text(rng), .type = rng.chance(0.8) ? "function" : "custom", .name = some_text(rng), .arguments = random_text(rng)};
  call.extra = random_relayed(rng, {"extra_content"});
  return call;
}

Message random_message(Rng& rng) {
  Message message{.role = static_cast<Role>(rng.below(6)), .content = random_content(rng), .extra = random_extra(rng, true)};
  if (message.role == Role::assistant && rng.chance(0.3)) message.content = {};
  if (message.role == Role::assistant)
    for (std::uint64_t i = rng.below(3); i > 0; --i) message.tool_calls.push_back(random_call(rng));
  if (message.role == Role::tool) message.tool_call_id = some_text(rng);
  if (message.role == Role::function || rng.chance(0.2)) message.name = some_text(rng);
  return message;
}

template <class T>
std::optional<T> maybe(Rng& rng, T value) {
  return rng.chance(0.5) ? std::optional<T>(value) : std::nullopt;
}

Sampling random_sampling(Rng& rng) {
  Sampling sampling{.temperature = maybe(rng, rng.uniform() * 2), .top_p = maybe(rng, rng.uniform()), .n = maybe<std::int64_t>(rng, 1 + static_cast<std::int64_t>(rng.below(128)))};
  sampling.max_output_tokens = maybe<std::int64_t>(rng, 1 + static_cast<std::int64_t>(rng.below(100000)));
  sampling.seed = maybe<std::int64_t>(rng, static_cast<std::int64_t>(rng.next()));
  for (std::uint64_t i = rng.below(5); i > 0; --i) sampling.stop.push_back(random_text(rng));
  if (rng.chance(0.5)) sampling.temperature = 0;
  if (rng.chance(0.5)) sampling.logprobs = true;
  if (sampling.logprobs) sampling.top_logprobs = maybe<std::int64_t>(rng, static_cast<std::int64_t>(rng.below(21)));
  return sampling;
}

ToolSpec random_tool(Rng& rng) {
  ToolSpec tool{.name = some_text(rng), .description = random_text(rng), .parameters = {"{\"p\":" + random_json(rng).text + "}"}};
  tool.raw = {R"({"type":"function","function":{"name":)" + json::quote(tool.name) + ",\"description\":" + json::quote(tool.description) +
              ",\"strict\":true,\"parameters\":" + tool.parameters.text + "}}"};
  return tool;
}

ChatRequest random_request(Rng& rng) {
  ChatRequest request{.model = some_text(rng), .messages = {}, .sampling = random_sampling(rng)};
  for (std::uint64_t i = 1 + rng.below(5); i > 0; --i) request.messages.push_back(random_message(rng));
  for (std::uint64_t i = rng.below(3); i > 0; --i) request.tools.push_back(random_tool(rng));
  if (!request.tools.empty() && rng.chance(0.5))
    request.tool_choice = {R"({"type":"function","function":{"name":)" + json::quote(request.tools.front().name) + "}}"};
  if (rng.chance(0.3)) request.response_format = {R"({"type":"json_schema","json_schema":{"name":"n","schema":{"x":)" + random_json(rng).text + "}}}"};
  request.stream = request.include_usage = rng.chance(0.5);
  request.extra = random_extra(rng, true);
  if (rng.chance(0.3)) request.extra.emplace_back("reasoning_effort", RawJson{"\"low\""});
  return request;
}

TEST(RoundTrip, a_request_is_read_back_as_it_was) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    Rng rng(seed);
    const ChatRequest request = random_request(rng);
    const RenderOptions options{.token_limit_name = rng.chance(0.5) ? TokenLimitName::max_tokens : TokenLimitName::max_completion_tokens};
    const std::string text = render_chat_request(request, request.model, request.stream, options);
    const auto back = parse_chat_request(text);
    ASSERT_TRUE(back) << "seed " << seed << ": " << back.error().public_text << "\n" << text;
    ASSERT_EQ(*back, request) << "seed " << seed << "\n" << text;
    ASSERT_EQ(render_chat_request(*back, request.model, request.stream, options), text) << "seed " << seed;
  }
}

ChatReply random_reply(Rng& rng) {
  ChatReply reply;
  const std::uint64_t choices = 1 + rng.below(3);
  for (std::uint64_t i = 0; i < choices; ++i) {
    Choice choice{.index = static_cast<std::int64_t>(i), .finish_reason = static_cast<FinishReason>(rng.below(5))};
    choice.message.content = rng.chance(0.3) ? Content{} : random_content(rng);
    for (std::uint64_t n = rng.below(3); n > 0; --n) choice.message.tool_calls.push_back(random_call(rng));
    choice.message.extra = random_relayed(rng, {"annotations", "reasoning_content", "citations"});
    if (rng.chance(0.3)) choice.message.extra.emplace_back("refusal", RawJson{json::quote(random_text(rng))});
    if (rng.chance(0.3)) choice.logprobs = not_null(random_json(rng));
    reply.choices.push_back(std::move(choice));
  }
  reply.extra = random_relayed(rng, {"service_tier", "system_fingerprint"});
  return reply;
}

TEST(RoundTrip, a_reply_is_read_back_as_it_was) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    Rng rng(seed);
    ChatReply reply = random_reply(rng);
    const auto tokens = [&] { return static_cast<std::int64_t>(rng.below(1000)); };
    const Usage usage{tokens(), tokens(), tokens(), tokens(), tokens(), tokens(), tokens(), tokens(), tokens()};
    const std::string text = render_chat_reply(reply, {.id = "i", .created = 1, .model = "m"}, usage, rng.chance(0.5) ? RawJson{"{}"} : RawJson{});
    reply.id = "i";
    reply.model = "m";
    reply.usage = usage;
    const auto back = parse_chat_reply(text);
    ASSERT_TRUE(back) << "seed " << seed << ": " << back.error().describe();
    ASSERT_EQ(*back, reply) << "seed " << seed << "\n" << text;
  }
}

TEST(RoundTrip, a_reply_streamed_as_chunks_folds_into_itself) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    Rng rng(seed);
    ChatReply reply = random_reply(rng);
    reply.id = "i";
    reply.model = "m";
    for (Choice& choice : reply.choices)
      if (std::holds_alternative<std::vector<ContentPart>>(choice.message.content)) choice.message.content = text_of(choice.message.content);
    ReplyAccumulator accumulator;
    for (const ChatDelta& delta : deltas_of(reply)) {
      const auto back = parse_chunk(render_chunk(delta, {.id = "i", .created = 1, .model = "m"}, rng.chance(0.5)));
      ASSERT_TRUE(back) << "seed " << seed << ": " << back.error().describe();
      ASSERT_EQ(*back, delta) << "seed " << seed;
      accumulator.add(*back);
    }
    ASSERT_EQ(accumulator.reply(), reply) << "seed " << seed;
  }
}

}  // namespace
}  // namespace xrouter::wire::openai
