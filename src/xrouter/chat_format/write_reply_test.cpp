// Decisions written by every family: the parser reads them back, and the grammar lets them through.
#include <gtest/gtest.h>

#include "xrouter/base/rng.hpp"
#include "xrouter/chat_format/chat_format.hpp"
#include "xrouter/chat_format/fake_tokenizer.hpp"
#include "xrouter/chat_format/message_texts.hpp"
#include "xrouter/grammar/matcher.hpp"

namespace xrouter::chat_format {
namespace {

constexpr std::string_view kFamilies[] = {"hermes", "qwen3", "llama3", "compact"};

struct Decision {
  std::string text = {};
  std::vector<ToolCall> calls = {};
};

/// A tool, and ways to call it that its schema accepts and every family can write.
struct RandomTool {
  ToolSpec spec;
  std::vector<std::string> arguments;
};

std::string random_name(Rng& rng, std::size_t index) {
  static constexpr std::string_view kLetters = "abc_-XZ019";
  std::string name = index % 2 ? "call_" : "";
  for (std::size_t i = 1 + rng.below(12); i > 0; --i) name += kLetters[rng.below(kLetters.size())];
  return name + std::to_string(index);
}

RandomTool random_tool(Rng& rng, std::size_t index) {
  RandomTool tool{.spec = {.name = random_name(rng, index)}, .arguments = {"{}"}};
  const auto kind = rng.below(4);
  if (kind == 1) {
    tool.spec.parameters =
        RawJson{R"({"type":"object","properties":{"final":{"type":"boolean"}},"required":[],"additionalProperties":false})"};
    tool.arguments = {"{}", R"({"final":true})"};
  } else if (kind == 2) {
    tool.spec.parameters = RawJson{
        R"({"type":"object","properties":{"call_id":{"type":"string","enum":["c1","c12","x\"<|end|>"]}},"required":["call_id"],"additionalProperties":false})"};
    tool.arguments = {R"({"call_id":"c1"})", R"({"call_id":"c12"})", R"({ "call_id" : "x\"<|end|>" })"};
  } else if (kind == 3) {
    tool.spec.parameters = RawJson{
        R"({"type":"object","properties":{"n":{"type":"integer"},"t":{"type":"string"}},"required":["n"],"additionalProperties":false})"};
    tool.arguments = {R"({"n":0})", R"({"n":-17,"t":""})", R"({"n":3,"t":"</tool_call> {\"name\": ü"})"};
  }
  return tool;
}

Decision random_decision(Rng& rng, const std::vector<RandomTool>& tools, std::size_t max_calls) {
  static const std::vector<std::string> kTexts = {"It is 42.", "ü 世界 {\"a\": 1}", "x<|call|>y", "a\n\nb\n", "Use <tool", "0"};
  if (rng.below(3) == 0) return {.text = kTexts[rng.below(kTexts.size())]};
  Decision decision;
  for (std::size_t i = 1 + rng.below(max_calls); i > 0; --i) {
    const RandomTool& tool = tools[rng.below(tools.size())];
    decision.calls.push_back({.id = "", .name = tool.spec.name, .arguments = tool.arguments[rng.below(tool.arguments.size())]});
  }
  return decision;
}

void expect_same(const ParsedReply& read, const Decision& decision) {
  EXPECT_EQ(read.text, decision.text);
  EXPECT_EQ(read.thinking, "");
  ASSERT_EQ(read.tool_calls.size(), decision.calls.size());
  for (std::size_t i = 0; i < decision.calls.size(); ++i) {
    EXPECT_EQ(read.tool_calls[i].name, decision.calls[i].name);
    EXPECT_EQ(arguments_json(read.tool_calls[i]), arguments_json(decision.calls[i]));
  }
}

const std::vector<std::string> kSpecial = {"<|im_end|>", "<tool_call>", "</tool_call>", "<|eot_id|>", "<|end|>",
                                           "<|call|>",   "<|final|>",   "<|args|>",     "<|answer|>"};

TEST(WriteReply, is_read_back_and_allowed_by_the_grammar) {
  for (const std::string_view name : kFamilies) {
    const auto format = *ChatFormat::named(name);
    for (const bool with_special : {true, false}) {
      const auto tokenizer = std::make_shared<FakeTokenizer>(with_special ? kSpecial : std::vector<std::string>{"<|im_end|>"});
      const auto vocabulary = grammar::Vocabulary::make(tokenizer, {256});
      for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        Rng rng(seed);
        std::vector<RandomTool> tools;
        std::vector<ToolSpec> specs;
        for (std::size_t i = 0; i <= rng.below(6); ++i) tools.push_back(random_tool(rng, i));
        for (const RandomTool& tool : tools) specs.push_back(tool.spec);
        const Decision decision = random_decision(rng, tools, name == "llama3" ? 1 : 3);
        const auto spans = format->write_reply(decision.text, decision.calls);
        ASSERT_TRUE(spans) << name << " " << seed << ": " << spans.error().describe();
        std::string written;
        for (const Span& span : *spans) written += span.text;
        SCOPED_TRACE(std::string(name) + " " + std::to_string(seed) + ": " + written);
        expect_same(format->parse(written), decision);
        if (!decision.calls.empty()) {
          EXPECT_TRUE(written.starts_with(format->beginning_of_call(decision.calls.front().name)));
        }
        const auto grammar = format->decision_grammar(specs, {.max_calls = 3}, *tokenizer);
        ASSERT_TRUE(grammar) << grammar.error().describe();
        grammar::Matcher matcher(*grammar, vocabulary);
        for (const TokenId id : encode(*spans, *tokenizer)) ASSERT_TRUE(matcher.accept(id)) << id;
        EXPECT_TRUE(matcher.next().may_end || matcher.next().finished());
      }
    }
  }
}

TEST(WriteReply, what_cannot_be_said_is_refused) {
  const ToolCall good{.id = "", .name = "t", .arguments = "{}"};
  for (const std::string_view name : kFamilies) {
    const auto format = *ChatFormat::named(name);
    EXPECT_FALSE(format->write_reply("", {})) << name;
    EXPECT_FALSE(format->write_reply("a", {good})) << name;
    EXPECT_FALSE(format->write_reply("", {{.id = "", .name = "t", .arguments = "{\"a\":"}})) << name;
    EXPECT_FALSE(format->write_reply("", {{.id = "", .name = "t", .arguments = "[]"}})) << name;
    EXPECT_FALSE(format->write_reply("", {{.id = "", .type = "custom", .name = "t", .arguments = "{}"}})) << name;
    EXPECT_EQ(format->write_reply("", {good, good}).has_value(), name != "llama3");
  }
  EXPECT_FALSE((*ChatFormat::named("hermes"))->write_reply("<tool_call>\n{\"name\": \"a\", \"arguments\": {}}\n</tool_call>", {}));
  EXPECT_FALSE((*ChatFormat::named("qwen3"))->write_reply("<think>a</think>b", {}));
  EXPECT_FALSE((*ChatFormat::named("llama3"))->write_reply("{\"name\": \"a\", \"parameters\": {}}", {}));
  EXPECT_TRUE((*ChatFormat::named("compact"))->write_reply("<|call|>a", {})) << "an answer has a token in front";
  EXPECT_FALSE((*ChatFormat::named("compact"))->write_reply("", {{.id = "", .name = "a b", .arguments = "{}"}}));
}

}  // namespace
}  // namespace xrouter::chat_format
