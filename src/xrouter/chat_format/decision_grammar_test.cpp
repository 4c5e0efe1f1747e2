// What the grammar of a decision lets through, and that the parser reads all of it as it was meant.
#include <gtest/gtest.h>

#include "xrouter/base/rng.hpp"
#include "xrouter/chat_format/chat_format.hpp"
#include "xrouter/chat_format/fake_tokenizer.hpp"
#include "xrouter/grammar/matcher.hpp"

namespace xrouter::chat_format {
namespace {

class Decision {
 public:
  explicit Decision(std::string_view format, DecisionRules rules = {}, std::vector<std::string> special = {"<|im_end|>"},
                    std::vector<ToolSpec> tools = usual_tools())
      : format_(*ChatFormat::named(format)), tokenizer_(std::make_shared<FakeTokenizer>(std::move(special))) {
    auto made = format_->decision_grammar(tools, rules, *tokenizer_);
    EXPECT_TRUE(made) << made.error().describe();
    if (made) grammar_ = *made;
    vocabulary_ = grammar::Vocabulary::make(tokenizer_, {*tokenizer_->id_of("<|im_end|>")});
  }
  static std::vector<ToolSpec> usual_tools() {
    return {
        {.name = "a",
         .parameters = RawJson{R"({"type":"object","properties":{"x":{"type":"integer"}},"required":["x"],"additionalProperties":false})"}},
        {.name = "ab"}};
  }

  bool allows(std::string_view reply) const {
    grammar::Matcher matcher(grammar_, vocabulary_);
    for (const TokenId id : tokenizer_->encode(reply, tokenizer::SpecialTokens::parse))
      if (!matcher.accept(id)) return false;
    return matcher.next().may_end;
  }

  // Byte by byte, at chance among what is allowed; "" when it does not end in time.
  std::string random_reply(Rng& rng) const {
    grammar::Matcher matcher(grammar_, vocabulary_);
    std::string reply;
    for (int i = 0; i < 400; ++i) {
      const grammar::Step& step = matcher.next();
      if (step.finished() || (step.may_end && rng.chance(0.1))) return reply;
      const TokenId id = any_of(step, rng);
      reply += tokenizer_->bytes_of(id);
      EXPECT_TRUE(matcher.accept(id));
    }
    return {};
  }
  const ChatFormat& format() const { return *format_; }

 private:
  TokenId any_of(const grammar::Step& step, Rng& rng) const {
    if (!step.few.empty()) return step.few[rng.below(step.few.size())];
    // Mostly what could begin a tag, so that the borders between text and calls are tried.
    static constexpr std::string_view kLikely = "<tool_call>think/{} \n\"name:";
    for (int tries = 0; tries < 1000; ++tries) {
      const auto id = rng.chance(0.8) ? static_cast<TokenId>(kLikely[rng.below(kLikely.size())]) : static_cast<TokenId>(rng.below(128));
      if (step.many->allows(id)) return id;
    }
    for (TokenId id = 0; id < 256; ++id)
      if (step.many->allows(id)) return id;
    ADD_FAILURE() << "nothing is allowed";
    return 0;
  }

  std::shared_ptr<const ChatFormat> format_;
  std::shared_ptr<FakeTokenizer> tokenizer_;
  std::shared_ptr<const grammar::Grammar> grammar_;
  std::shared_ptr<const grammar::Vocabulary> vocabulary_;
};

const std::string kCallA = "<tool_call>\n{\"name\": \"a\", \"arguments\": {\"x\": 12}}\n</tool_call>";
const std::string kCallAb = "<tool_call>\n{\"name\": \"ab\", \"arguments\": {}}\n</tool_call>";

TEST(DecisionGrammar, hermes_is_text_or_calls_in_its_syntax) {
  const Decision decision("hermes", {.max_calls = 2});
  for (const std::string& good : {std::string("Hello."), std::string("{\"name\": 1} <tool"), kCallA, kCallAb, kCallA + "\n" + kCallAb})
    EXPECT_TRUE(decision.allows(good)) << good;
  for (const std::string& bad : {std::string(), "x " + kCallA, kCallA + "x", kCallA + "\n" + kCallA + "\n" + kCallA,
                                 std::string("<tool_call>"), std::string("a <tool_call> b"), std::string("<think>x"),
                                 std::string("<tool_call>\n{\"name\": \"c\", \"arguments\": {}}\n</tool_call>"),
                                 std::string("<tool_call>\n{\"name\": \"a\", \"arguments\": {}}\n</tool_call>"), std::string("<|im_end|>")})
    EXPECT_FALSE(decision.allows(bad)) << bad;
}

TEST(DecisionGrammar, the_number_of_calls_is_kept) {
  const Decision required("hermes", {.may_answer = false, .min_calls = 2, .max_calls = 2});
  EXPECT_FALSE(required.allows("Hello."));
  EXPECT_FALSE(required.allows(kCallA));
  EXPECT_TRUE(required.allows(kCallA + "\n" + kCallA));
  const Decision only_text("hermes", {.max_calls = 0});
  EXPECT_TRUE(only_text.allows("Hello."));
  EXPECT_FALSE(only_text.allows(kCallA));
}

TEST(DecisionGrammar, thinking_may_come_first) {
  for (const std::string_view name : {"hermes", "qwen3"}) {
    const Decision decision(name, {.thinking = Thinking::free});
    EXPECT_TRUE(decision.allows("Hello."));
    EXPECT_TRUE(decision.allows("<think>\nhm <tool_call>\n</think>\n\nHello."));
    EXPECT_TRUE(decision.allows("<think>\nhm\n</think>\n\n" + kCallA));
    EXPECT_FALSE(decision.allows("<think>\nhm\n</think>\n\n"));
    EXPECT_FALSE(decision.allows("<think>\nhm"));
  }
}

TEST(DecisionGrammar, llama_tells_calls_from_text_by_the_first_character) {
  const Decision decision("llama3", {.max_calls = 5});
  const std::string call = "{\"name\": \"a\", \"parameters\": {\"x\": 12}}";
  for (const std::string& good : {std::string("Hello {\"name\": 1}"), std::string("x"), call, std::string("\xc3\xa9{")})
    EXPECT_TRUE(decision.allows(good)) << good;
  for (const std::string& bad :
       {std::string("{"), std::string("{\"a\": 1}"), " " + call, call + call, call + " ", std::string("<think>"), std::string()})
    EXPECT_FALSE(decision.allows(bad)) << bad;
}

TEST(DecisionGrammar, tags_that_are_special_tokens_are_written_as_tokens) {
  const Decision decision("hermes", {}, {"<|im_end|>", "<tool_call>", "</tool_call>"});
  EXPECT_TRUE(decision.allows(kCallA));
}

TEST(DecisionGrammar, the_parser_reads_every_decision_as_it_was_meant) {
  int calls = 0;
  int texts = 0;
  for (const std::string_view name : {"hermes", "qwen3", "llama3"}) {
    for (const Thinking thinking : {Thinking::off, Thinking::free}) {
      for (const bool may_answer : {true, false}) {
        const Decision decision(name, {.may_answer = may_answer, .max_calls = 3, .thinking = thinking, .max_text_bytes = 60});
        for (std::uint64_t seed = 0; seed < 30; ++seed) {
          Rng rng(seed);
          const std::string reply = decision.random_reply(rng);
          if (reply.empty()) continue;
          const ParsedReply parsed = decision.format().parse(reply);
          EXPECT_NE(parsed.text.empty(), parsed.tool_calls.empty()) << name << " " << seed << ": " << reply;
          for (const ToolCall& call : parsed.tool_calls) EXPECT_TRUE(call.name == "a" || call.name == "ab") << reply;
          calls += !parsed.tool_calls.empty();
          texts += !parsed.text.empty();
        }
      }
    }
  }
  EXPECT_GT(calls, 20);
  EXPECT_GT(texts, 20);
}

TEST(DecisionGrammar, rules_that_nothing_can_satisfy_are_refused) {
  const FakeTokenizer tokenizer({});
  const auto hermes = *ChatFormat::named("hermes");
  const auto llama = *ChatFormat::named("llama3");
  const ToolSpec tool{.name = "t"};
  EXPECT_FALSE(hermes->decision_grammar({}, {.may_answer = false}, tokenizer));
  EXPECT_FALSE(hermes->decision_grammar({tool}, {.may_answer = false, .max_calls = 0}, tokenizer));
  EXPECT_FALSE(hermes->decision_grammar({tool}, {.min_calls = 2, .max_calls = 1}, tokenizer));
  EXPECT_FALSE(llama->decision_grammar({tool}, {.min_calls = 2, .max_calls = 2}, tokenizer));
  EXPECT_FALSE(hermes->decision_grammar({{.name = "t", .parameters = RawJson{R"({"if":{"minimum":1}})"}}}, {}, tokenizer));
  EXPECT_TRUE(llama->decision_grammar({tool}, {.max_calls = 2}, tokenizer));
}

}  // namespace
}  // namespace xrouter::chat_format
