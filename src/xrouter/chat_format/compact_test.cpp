// The format of small routers: rendering, replies and grammar. Its template gives the same (tests/golden/train).
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "xrouter/chat/router_role.hpp"
#include "xrouter/chat_format/chat_format.hpp"
#include "xrouter/chat_format/compact_texts.hpp"
#include "xrouter/chat_format/fake_tokenizer.hpp"
#include "xrouter/grammar/matcher.hpp"
#include "xrouter/json/parse.hpp"

namespace xrouter::chat_format {
namespace {
namespace bj = boost::json;

std::shared_ptr<const ChatFormat> format() {
  static const auto made = *ChatFormat::named("compact");
  return made;
}

std::shared_ptr<FakeTokenizer> tokenizer() {
  return std::make_shared<FakeTokenizer>(std::vector<std::string>(compact::kSpecialTokens.begin(), compact::kSpecialTokens.end()));
}

std::string source_file(const std::string& name) {
  std::ifstream file(std::filesystem::path(XROUTER_SOURCE_DIR) / name);
  std::stringstream all;
  all << file.rdbuf();
  return all.str();
}

std::string joined(const std::vector<Span>& spans) {
  std::string all;
  for (const Span& span : spans) all += span.text;
  return all;
}

std::string rendered(const std::vector<Message>& messages, const std::vector<ToolSpec>& tools = {}) {
  const auto spans = format()->render(messages, tools, Thinking::off);
  EXPECT_TRUE(spans) << spans.error().describe();
  return spans ? joined(*spans) : "";
}

Message said(Role role, std::string text) { return {.role = role, .content = std::move(text)}; }
Message called(std::vector<ToolCall> calls) { return {.role = Role::assistant, .content = {}, .tool_calls = std::move(calls)}; }
ToolCall call_of(std::string name, std::string arguments) { return {.id = "", .name = std::move(name), .arguments = std::move(arguments)}; }

TEST(Compact, is_recognised_by_the_template_that_is_shipped) {
  const auto recognised = ChatFormat::of_template(source_file("src/xrouter/chat_format/compact.jinja"));
  ASSERT_TRUE(recognised) << recognised.error().describe();
  EXPECT_EQ((*recognised)->name(), "compact");
}

TEST(Compact, writes_tools_in_a_line_each_and_leaves_the_routers_own_role_out) {
  const std::vector<ToolSpec> tools = {{.name = "call_a", .description = "Cheap.\nQuick.", .parameters = RawJson{R"({"type":"object"})"}},
                                       {.name = "call_b"}};
  const std::string role = std::string(kRouterRole) + " Decide.";
  EXPECT_EQ(rendered({said(Role::system, role), said(Role::user, "Hi")}, tools),
            "<|begin|><|tool|>call_a Cheap. Quick.<|tool|>call_b<|user|>Hi<|assistant|>");
  EXPECT_EQ(rendered({said(Role::system, "Be brief."), said(Role::user, "Hi")}), "<|begin|><|system|>Be brief.<|user|>Hi<|assistant|>");
}

TEST(Compact, says_only_of_arguments_what_there_is) {
  const Message turn = called({call_of("a", "{}"), call_of("b", R"({"final":true})"), call_of("c", R"({"call_id":"c1"})")});
  EXPECT_EQ(rendered({said(Role::user, "Q"), turn, said(Role::tool, "R1"), said(Role::tool, "R2")}),
            "<|begin|><|user|>Q<|assistant|><|call|>a<|call|>b<|final|><|call|>c<|args|>{\"call_id\": \"c1\"}<|end|>"
            "<|result|>R1<|result|>R2<|assistant|>");
  EXPECT_EQ(rendered({said(Role::user, "Q"), said(Role::assistant, "A"), said(Role::user, "Q2")}),
            "<|begin|><|user|>Q<|assistant|><|answer|>A<|end|><|user|>Q2<|assistant|>");
}

TEST(Compact, a_long_result_is_shown_without_its_middle) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += "é";
  const std::string shown = rendered({said(Role::tool, text)});
  std::string expected = "<|begin|><|result|>";
  for (int i = 0; i < 200; ++i) expected += "é";
  expected += " … ";
  for (int i = 0; i < 240; ++i) expected += "é";
  EXPECT_EQ(shown, expected + "<|assistant|>");
  const std::string just_fits(440, 'x');
  EXPECT_EQ(rendered({said(Role::tool, just_fits)}), "<|begin|><|result|>" + just_fits + "<|assistant|>");
}

TEST(Compact, continues_a_conversation_as_the_whole_one_would_be_written) {
  const std::vector<ToolCall> calls = {call_of("a", R"({"final": true})"), call_of("b", "{}")};
  const std::vector<Message> results = {said(Role::tool, "one"), said(Role::tool, "two")};
  const std::string whole = rendered({said(Role::user, "Q"), called(calls), results[0], results[1]});
  const auto reply = format()->write_reply("", calls);
  const auto more = format()->render_more(results, Thinking::off);
  ASSERT_TRUE(reply && more);
  EXPECT_EQ(rendered({said(Role::user, "Q")}) + joined(*reply) + joined(*more), whole);
}

TEST(Compact, text_of_others_never_becomes_a_special_token) {
  std::string forged;
  for (const std::string_view token : compact::kSpecialTokens) forged += token;
  const ToolSpec tool{.name = "t", .description = forged};
  const auto spans = format()->render({said(Role::system, forged), said(Role::user, forged), said(Role::assistant, forged),
                                       called({call_of("t", "\"<|end|>\"")}), said(Role::tool, forged)},
                                      {tool}, Thinking::off);
  ASSERT_TRUE(spans);
  const auto ids = tokenizer();
  int special = 0;
  for (const TokenId id : encode(*spans, *ids)) special += ids->is_special(id);
  // begin, tool, system, user, assistant answer end, assistant call args end, result, assistant
  EXPECT_EQ(special, 13);
  EXPECT_EQ(ids->decode(encode(*spans, *ids), false), joined(*spans));
}

struct Expected {
  std::string text = {};
  std::vector<std::string> calls = {};
};

void expect_read(std::string_view reply, const Expected& expected) {
  for (const std::size_t piece : {std::size_t{1000}, std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}}) {
    const auto parser = format()->reply_parser(CallsInReply::parsed);
    ParsedReply all;
    for (std::size_t at = 0; at < reply.size(); at += piece) all += parser->add(reply.substr(at, piece));
    all += parser->finish();
    std::vector<std::string> calls;
    for (const ToolCall& call : all.tool_calls) calls.push_back(call.name + " " + call.arguments);
    EXPECT_EQ(all.text, expected.text) << reply << " in pieces of " << piece;
    EXPECT_EQ(calls, expected.calls) << reply << " in pieces of " << piece;
  }
}

TEST(CompactReply, is_an_answer_or_calls) {
  expect_read("", {});
  expect_read("<|answer|>It is 42.", {.text = "It is 42."});
  expect_read("<|answer|><|call|>a", {.text = "<|call|>a"});
  expect_read("no token in front", {.text = "no token in front"});
  expect_read("<|call|>a", {.calls = {"a {}"}});
  expect_read("<|call|>a<|final|>", {.calls = {"a {\"final\": true}"}});
  expect_read("<|call|>a<|call|>bc<|final|><|call|>d<|args|>{\"x\": \"<|call|>}\"}<|call|>e",
              {.calls = {"a {}", "bc {\"final\": true}", "d {\"x\": \"<|call|>}\"}", "e {}"}});
}

TEST(CompactReply, what_is_no_call_is_text_from_there_on) {
  for (const std::string_view odd : {"<|call|>", "<|call|> a", "<|call|>a b", "<|call|><|final|>", "<|call|>a<|args|>",
                                     "<|call|>a<|args|>{\"x\":", "<|call|>a<|args|>[1]", "<|call|>a<|args|>{]}", "<|call|>a<|fin",
                                     "<|call|>a<|x|>", "<|cal", "<|ans", "<|end|>"})
    expect_read(odd, {.text = std::string(odd)});
  expect_read("<|call|>a<|final|>text", {.text = "text", .calls = {"a {\"final\": true}"}});
  expect_read("<|call|>a<|call|>", {.text = "<|call|>", .calls = {"a {}"}});
  expect_read("<|call|>" + std::string(300, 'a'), {.text = "<|call|>" + std::string(300, 'a')});
}

TEST(CompactReply, a_call_is_given_as_soon_as_it_is_certain) {
  const auto parser = format()->reply_parser(CallsInReply::parsed);
  EXPECT_TRUE(parser->add("<|call|>a").tool_calls.empty());
  EXPECT_EQ(parser->add("<|final|>").tool_calls.size(), 1U);
  EXPECT_TRUE(parser->add("<|call|>b").tool_calls.empty());
  const ParsedReply more = parser->add("<|call|>c<|args|>{}");
  ASSERT_EQ(more.tool_calls.size(), 2U);
  EXPECT_EQ(more.tool_calls[1].id, "call_2");
}

TEST(CompactReply, finds_no_calls_where_none_are_looked_for) {
  const auto parser = format()->reply_parser(CallsInReply::as_text);
  EXPECT_EQ(parser->add("<|call|>a").text, "<|call|>a");
  const auto answer = format()->reply_parser(CallsInReply::as_text);
  EXPECT_EQ(answer->add("<|answer|>a").text, "a");
}

class Decision {
 public:
  explicit Decision(std::vector<ToolSpec> tools, DecisionRules rules = {}) {
    auto made = format()->decision_grammar(tools, rules, *tokenizer_);
    EXPECT_TRUE(made) << made.error().describe();
    if (made) grammar_ = *made;
  }
  bool allows(std::string_view reply) const {
    grammar::Matcher matcher(grammar_, vocabulary_);
    for (const TokenId id : tokenizer_->encode(reply, tokenizer::SpecialTokens::parse))
      if (!matcher.accept(id)) return false;
    return matcher.next().may_end || matcher.next().finished();
  }
  std::size_t first_choices() const { return grammar::Matcher(grammar_, vocabulary_).next().few.size(); }

 private:
  std::shared_ptr<FakeTokenizer> tokenizer_ = tokenizer();
  std::shared_ptr<const grammar::Vocabulary> vocabulary_ = grammar::Vocabulary::make(tokenizer_, format()->end_tokens(*tokenizer_));
  std::shared_ptr<const grammar::Grammar> grammar_;
};

const RawJson kOptional{
    R"({"type":"object","properties":{"system_prompt":{"type":"string"},"final":{"type":"boolean"}},"required":[],"additionalProperties":false})"};
const RawJson kSelect{
    R"({"type":"object","properties":{"call_id":{"type":"string","enum":["c1","c2"]}},"required":["call_id"],"additionalProperties":false})"};

TEST(CompactGrammar, is_an_answer_or_calls_with_the_fewest_words) {
  const Decision decision({{.name = "call_a", .parameters = kOptional},
                           {.name = "call_ab", .parameters = kOptional},
                           {.name = "plain"},
                           {.name = "select_response", .parameters = kSelect}},
                          {.max_calls = 2});
  for (const std::string_view good :
       {"<|answer|>Hello.", "<|answer|>{\"x\"} tool", "<|call|>call_a", "<|call|>call_ab", "<|call|>call_a<|final|>", "<|call|>plain",
        "<|call|>call_a<|final|><|call|>call_ab", "<|call|>select_response<|args|>{\"call_id\": \"c2\"}"})
    EXPECT_TRUE(decision.allows(good)) << good;
  for (const std::string_view bad : {"Hello.", "<|answer|>", "<|call|>", "<|call|>call_b", "<|call|>plain<|final|>",
                                     "<|call|>call_a<|args|>{}", "<|call|>call_a<|args|>{\"final\": true}", "<|call|>select_response",
                                     "<|call|>call_a<|final|><|final|>", "<|call|>select_response<|args|>{\"call_id\": \"c3\"}",
                                     "<|call|>call_a<|call|>call_a<|call|>call_a", "<|answer|>a<|call|>call_a", "<|end|>"})
    EXPECT_FALSE(decision.allows(bad)) << bad;
  EXPECT_EQ(decision.first_choices(), 2U) << "the kind of a decision is one choice of two";
}

TEST(CompactGrammar, the_number_of_calls_is_kept) {
  const std::vector<ToolSpec> tools = {{.name = "a"}};
  const Decision required(tools, {.may_answer = false, .min_calls = 2, .max_calls = 2});
  EXPECT_FALSE(required.allows("<|answer|>x"));
  EXPECT_FALSE(required.allows("<|call|>a"));
  EXPECT_TRUE(required.allows("<|call|>a<|call|>a"));
  const Decision only_text(tools, {.max_calls = 0});
  EXPECT_TRUE(only_text.allows("<|answer|>x"));
  EXPECT_FALSE(only_text.allows("<|call|>a"));
}

TEST(CompactGrammar, tools_that_cannot_be_named_and_rules_that_nothing_satisfies_are_refused) {
  const FakeTokenizer plain({});
  EXPECT_FALSE(format()->decision_grammar({{.name = "a<|end|>"}}, {}, plain));
  EXPECT_FALSE(format()->decision_grammar({{.name = ""}}, {}, plain));
  EXPECT_FALSE(format()->decision_grammar({}, {.may_answer = false}, plain));
  EXPECT_TRUE(format()->decision_grammar({{.name = "a"}}, {}, plain));
}

bj::value golden_rows() {
  auto rows = json::parse(source_file("tests/golden/train/compact_format.json"));
  EXPECT_TRUE(rows);
  return rows ? *rows : bj::value(bj::array());
}

std::string text(const bj::object& object, const char* name) {
  const bj::value* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string().c_str(), value->get_string().size()) : std::string();
}

Message message_of(const bj::object& object) {
  Message message{.role = *role_of(text(object, "role")), .content = text(object, "content")};
  if (const bj::value* calls = object.if_contains("tool_calls"))
    for (const bj::value& call : calls->as_array()) {
      const bj::object& function = call.as_object().at("function").as_object();
      message.tool_calls.push_back(call_of(text(function, "name"), json::raw(function.at("arguments")).text));
    }
  return message;
}

TEST(Compact, renders_what_its_template_renders) {
  const bj::value rows = golden_rows();
  ASSERT_GT(rows.as_array().size(), 10U);
  for (const bj::value& value : rows.as_array()) {
    const bj::object& row = value.as_object();
    std::vector<Message> messages;
    for (const bj::value& message : row.at("messages").as_array()) messages.push_back(message_of(message.as_object()));
    std::vector<ToolSpec> tools;
    for (const bj::value& tool : row.at("tools").as_array()) {
      const bj::object& function = tool.as_object().at("function").as_object();
      tools.push_back({.name = text(function, "name"), .description = text(function, "description")});
    }
    EXPECT_EQ(rendered(messages, tools), text(row, "text")) << text(row, "case");
  }
}

}  // namespace
}  // namespace xrouter::chat_format
