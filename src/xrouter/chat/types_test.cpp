#include "xrouter/chat/types.hpp"

#include <gtest/gtest.h>

#include "xrouter/base/rng.hpp"

namespace xrouter {
namespace {

ChatReply fold(const std::vector<ChatDelta>& deltas) {
  ReplyAccumulator accumulator;
  for (const ChatDelta& delta : deltas) accumulator.add(delta);
  return accumulator.reply();
}

ChatDelta delta_of(ChoiceDelta choice) {
  ChatDelta delta;
  delta.choices.push_back(std::move(choice));
  return delta;
}

ChatDelta with_extra(const char* name, const char* json) {
  ChoiceDelta choice;
  choice.extra.emplace_back(name, RawJson{json});
  return delta_of(choice);
}

TEST(Names, of_roles_and_finish_reasons_are_invertible) {
  for (Role role : {Role::system, Role::developer, Role::user, Role::assistant, Role::tool, Role::function})
    EXPECT_EQ(role_of(to_text(role)), role);
  for (FinishReason reason : {FinishReason::stop, FinishReason::length, FinishReason::tool_calls, FinishReason::content_filter, FinishReason::function_call})
    EXPECT_EQ(finish_reason_of(to_text(reason)), reason);
  EXPECT_EQ(role_of("System"), std::nullopt);
  EXPECT_EQ(finish_reason_of(""), std::nullopt);
}

TEST(Content, text_is_the_string_or_the_text_parts_on_lines) {
  EXPECT_EQ(text_of(Content{}), "");
  EXPECT_EQ(text_of(Content{"a"}), "a");
  const std::vector<ContentPart> parts{{.type = "text", .text = "a", .raw = {}}, {.type = "refusal", .text = "no", .raw = {}},
                                       {.type = "image_url", .text = "", .raw = {}}, {.type = "text", .text = "b", .raw = {}}};
  EXPECT_EQ(text_of(Content{parts}), "a\nb");
}

TEST(ChatRequest, the_last_user_text_skips_later_roles) {
  ChatRequest request;
  EXPECT_EQ(last_user_text(request), "");
  request.messages = {{.role = Role::user, .content = "one"}, {.role = Role::user, .content = "two"}, {.role = Role::tool, .content = "three"}};
  EXPECT_EQ(last_user_text(request), "two");
}

TEST(ChatReply, has_answer_with_text_refusal_audio_or_calls_but_not_with_reasoning) {
  ChatReply reply;
  EXPECT_FALSE(reply.has_answer());
  reply.choices.resize(1);
  Message& message = reply.choices[0].message;
  EXPECT_FALSE(reply.has_answer());
  message.extra = {{"reasoning_content", {"\"hmm\""}}, {"refusal", {"null"}}, {"audio", {"null"}}, {"function_call", {"null"}}};
  EXPECT_FALSE(reply.has_answer());
  message.extra = {{"refusal", {"\"no\""}}};
  EXPECT_TRUE(reply.has_answer());
  message.extra = {{"audio", {"{\"id\":\"a\"}"}}};
  EXPECT_TRUE(reply.has_answer());
  message.extra = {};
  message.tool_calls.push_back({.id = "1", .name = "f", .arguments = ""});
  EXPECT_TRUE(reply.has_answer());
}

TEST(ChatDelta, commits_at_the_first_visible_byte) {
  EXPECT_FALSE(delta_of({.role = Role::assistant, .content = ""}).commits());
  EXPECT_FALSE(delta_of({.finish_reason = FinishReason::stop}).commits());
  EXPECT_FALSE(with_extra("reasoning_content", "\"hmm\"").commits());
  EXPECT_FALSE(with_extra("audio", "null").commits());
  EXPECT_TRUE(with_extra("refusal", "\"N\"").commits());
  EXPECT_TRUE(delta_of({.content = "a"}).commits());
  ChoiceDelta call;
  call.tool_calls.push_back({.name = "f"});
  EXPECT_TRUE(delta_of(call).commits());
}

TEST(ReplyAccumulator, repeated_chunk_fields_are_not_joined) {
  ChatDelta delta = delta_of({.content = "a"});
  delta.extra = {{"system_fingerprint", {"\"fp_1\""}}, {"service_tier", {"\"auto\""}}};
  EXPECT_EQ(fold({delta, delta}).extra, delta.extra);
}

TEST(ReplyAccumulator, logprobs_of_all_chunks_are_kept) {
  ChoiceDelta first{.content = "a", .logprobs = {R"({"content":[{"token":"a"}],"refusal":null})"}};
  ChoiceDelta second{.content = "b", .logprobs = {R"({"content":[{"token":"b"}],"refusal":null})"}};
  ChoiceDelta third{.logprobs = {"null"}};
  EXPECT_EQ(fold({delta_of(first), delta_of(second), delta_of(third)}).choices.at(0).logprobs.text,
            R"({"content":[{"token":"a"},{"token":"b"}],"refusal":null})");
}

TEST(ReplyAccumulator, streamed_objects_grow_by_member_and_identifiers_do_not) {
  const auto reply = fold({with_extra("audio", R"({"id":"a1"})"), with_extra("audio", R"({"id":"a1","data":"AA"})"),
                           with_extra("audio", R"({"data":"BB","expires_at":5})")});
  const ExtraFields expected{{"audio", {R"({"id":"a1","data":"AABB","expires_at":5})"}}};
  EXPECT_EQ(reply.choices.at(0).message.extra, expected);
}

TEST(ReplyAccumulator, legacy_function_call_arguments_are_joined) {
  const auto reply = fold({with_extra("function_call", R"({"name":"f","arguments":""})"), with_extra("function_call", R"({"arguments":"{\"a\""})"),
                           with_extra("function_call", R"({"arguments":":1}"})")});
  EXPECT_EQ(reply.choices.at(0).message.extra.at(0).second.text, R"({"name":"f","arguments":"{\"a\":1}"})");
}

TEST(ReplyAccumulator, the_number_of_relayed_names_is_bounded) {
  ReplyAccumulator accumulator;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "x" + std::to_string(i);
    ChatDelta delta = with_extra(name.c_str(), "1");
    delta.extra.emplace_back(name, RawJson{"1"});
    accumulator.add(delta);
  }
  EXPECT_EQ(accumulator.reply().extra.size(), StreamedFields::kMaxNames);
  EXPECT_EQ(accumulator.reply().choices.at(0).message.extra.size(), StreamedFields::kMaxNames);
}

TEST(ReplyAccumulator, is_finished_when_every_choice_is) {
  ReplyAccumulator accumulator;
  EXPECT_FALSE(accumulator.finished());
  accumulator.add(delta_of({.index = 0, .finish_reason = FinishReason::length}));
  EXPECT_TRUE(accumulator.finished());
  accumulator.add(delta_of({.index = 1, .content = "b"}));
  EXPECT_FALSE(accumulator.finished());
  EXPECT_EQ(accumulator.reply().choices.at(0).finish_reason, FinishReason::length);
}

TEST(ReplyAccumulator, usage_may_come_in_a_chunk_without_choices) {
  ChatDelta last;
  last.usage = Usage{.prompt_tokens = 3, .completion_tokens = 4};
  EXPECT_EQ(fold({delta_of({.content = "a"}), last}).usage->total_tokens(), 7);
}

// --- fold(any cut of deltas_of(r)) == r ---

std::string random_text(Rng& rng) {
  constexpr std::string_view kPieces[] = {"a", "bc", " ", "\n", "\xC3\xA9", "\xF0\x9F\x98\x80", "\"", "\\", "{", "0"};
  std::string text;
  for (std::uint64_t i = rng.below(8); i > 0; --i) text += kPieces[rng.below(std::size(kPieces))];
  return text;
}

RawJson random_json_string(Rng& rng) {
  constexpr std::string_view kPieces[] = {"a", "\\n", "\\\"", "\\u00e9", "\xC3\xA9", "xyz"};
  std::string text;
  for (std::uint64_t i = rng.below(6); i > 0; --i) text += kPieces[rng.below(std::size(kPieces))];
  return {"\"" + text + "\""};
}

Choice random_choice(Rng& rng, std::int64_t index) {
  Choice choice{.index = index, .finish_reason = static_cast<FinishReason>(rng.below(5))};
  if (rng.chance(0.8)) choice.message.content = random_text(rng);
  for (std::uint64_t i = rng.below(3); i > 0; --i) {
    ToolCall call{.id = "c" + std::to_string(i), .type = rng.chance(0.8) ? "function" : "custom", .name = "f", .arguments = random_text(rng)};
    if (rng.chance(0.2)) call.extra.emplace_back("extra_content", RawJson{"{\"x\":1}"});
    choice.message.tool_calls.push_back(std::move(call));
  }
  if (rng.chance(0.3)) choice.message.extra.emplace_back("refusal", random_json_string(rng));
  if (rng.chance(0.3)) choice.message.extra.emplace_back("reasoning_content", random_json_string(rng));
  if (rng.chance(0.3)) choice.message.extra.emplace_back("audio", RawJson{R"({"id":"a","data":)" + random_json_string(rng).text + "}"});
  if (rng.chance(0.3)) choice.logprobs = {R"({"content":[{"token":"a"},{"token":"b"},{"token":"c"}],"refusal":null})"};
  return choice;
}

ChatReply random_reply(Rng& rng) {
  ChatReply reply{.id = "id", .model = "m", .choices = {}};
  const auto choices = static_cast<std::int64_t>(1 + rng.below(3));
  for (std::int64_t i = 0; i < choices; ++i) reply.choices.push_back(random_choice(rng, i));
  if (rng.chance(0.5)) reply.extra.emplace_back("service_tier", RawJson{"\"auto\""});
  return reply;
}

// Fragments of a JSON string, cut between characters, never inside an escape.
std::vector<std::string> cut_json_string(const std::string& text, Rng& rng) {
  std::vector<std::string> pieces{"\""};
  for (std::size_t i = 1; i + 1 < text.size();) {
    const std::size_t size = text[i] != '\\' ? 1 : text[i + 1] == 'u' ? 6 : 2;
    pieces.back() += text.substr(i, size);
    i += size;
    if (rng.chance(0.3)) {
      pieces.back() += '"';
      pieces.emplace_back("\"");
    }
  }
  pieces.back() += '"';
  return pieces;
}

std::vector<std::string> cut_text(const std::string& text, Rng& rng) {
  std::vector<std::string> pieces{""};
  for (char c : text) {
    if (rng.chance(0.3)) pieces.emplace_back();
    pieces.back() += c;
  }
  return pieces;
}

std::vector<ChoiceDelta> cut_extra(std::int64_t index, const std::string& name, const std::string& json, Rng& rng) {
  std::vector<ChoiceDelta> pieces;
  const auto push = [&](std::string text) {
    pieces.push_back({.index = index});
    pieces.back().extra.emplace_back(name, RawJson{std::move(text)});
  };
  constexpr std::string_view kAudioHead = R"({"id":"a","data":)";
  if (!json.starts_with(kAudioHead)) {
    for (std::string& part : cut_json_string(json, rng)) push(std::move(part));
    return pieces;
  }
  bool first = true;
  for (const std::string& part : cut_json_string(json.substr(kAudioHead.size(), json.size() - kAudioHead.size() - 1), rng)) {
    push((first ? std::string(kAudioHead) : std::string("{\"data\":")) + part + "}");
    first = false;
  }
  return pieces;
}

// One delta as many: each field by itself, long fields in fragments.
std::vector<ChoiceDelta> cut(const ChoiceDelta& whole, Rng& rng) {
  std::vector<ChoiceDelta> pieces;
  if (whole.role) pieces.push_back({.index = whole.index, .role = whole.role});
  if (whole.content)
    for (std::string& part : cut_text(*whole.content, rng)) pieces.push_back({.index = whole.index, .content = std::move(part)});
  for (const ToolCallDelta& call : whole.tool_calls) {
    ToolCallDelta head = call;
    head.arguments.clear();
    pieces.push_back({.index = whole.index, .tool_calls = {head}});
    for (std::string& part : cut_text(call.arguments, rng)) {
      ToolCallDelta fragment{.index = call.index};
      fragment.arguments = std::move(part);
      pieces.push_back({.index = whole.index, .tool_calls = {fragment}});
    }
  }
  for (const auto& [name, value] : whole.extra)
    for (ChoiceDelta& part : cut_extra(whole.index, name, value.text, rng)) pieces.push_back(std::move(part));
  if (!whole.logprobs.empty() && rng.chance(0.5)) {
    pieces.push_back({.index = whole.index, .logprobs = {R"({"content":[{"token":"a"}],"refusal":null})"}});
    pieces.push_back({.index = whole.index, .logprobs = {R"({"content":[],"refusal":null})"}});
    pieces.push_back({.index = whole.index, .logprobs = {R"({"content":[{"token":"b"},{"token":"c"}],"refusal":null})"}});
  } else if (!whole.logprobs.empty()) {
    pieces.push_back({.index = whole.index, .logprobs = whole.logprobs});
  }
  if (whole.finish_reason) pieces.push_back({.index = whole.index, .finish_reason = whole.finish_reason});
  return pieces;
}

TEST(ReplyAccumulator, folding_any_cut_of_a_replys_deltas_gives_the_reply_back) {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    Rng rng(seed);
    const ChatReply reply = random_reply(rng);
    std::vector<ChatDelta> cuts;
    for (const ChatDelta& whole : deltas_of(reply)) {
      ChatDelta head{.id = whole.id, .model = whole.model, .choices = {}, .usage = {}, .extra = whole.extra};
      for (const ChoiceDelta& choice : whole.choices) {
        for (ChoiceDelta& piece : cut(choice, rng)) {
          head.choices = {std::move(piece)};
          cuts.push_back(head);
        }
      }
    }
    ASSERT_EQ(fold(deltas_of(reply)), reply) << "seed " << seed;
    ASSERT_EQ(fold(cuts), reply) << "seed " << seed;
  }
}

}  // namespace
}  // namespace xrouter
