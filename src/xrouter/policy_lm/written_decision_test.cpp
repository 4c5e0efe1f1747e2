// What is taught is what would have been generated: decisions written down by the teacher, against a model that is made
// to generate the same tokens, through whole episodes.
#include "xrouter/policy_lm/written_decision.hpp"

#include <gtest/gtest.h>

#include "xrouter/policy/bench_test.hpp"
#include "xrouter/policy_lm/allowed.hpp"
#include "xrouter/policy_lm/local_policy.hpp"
#include "xrouter/policy_lm/toy_router.hpp"

namespace xrouter::policy_lm {
namespace {

using policy::PolicyBench;
using tokenizer::TokenId;

std::shared_ptr<const lm::ToyTokenizer> tokens_of_both() {
  static const auto made = [] {
    std::vector<std::string> pieces = lm::ToyTokenizer::default_pieces();
    for (const char* piece : {"call_small_a", "call_", "select_", "small", "c1", "\": {", "}}", "\n<", "<tool_call>\n", "arguments"})
      pieces.emplace_back(piece);
    return std::make_shared<const lm::ToyTokenizer>(
        pieces, std::vector<std::string>{"<|im_end|>", "<|im_start|>", "<|begin|>", "<|tool|>", "<|system|>", "<|user|>", "<|result|>",
                                         "<|assistant|>", "<|answer|>", "<|call|>", "<|final|>", "<|args|>", "<|end|>"});
  }();
  return made;
}

/// Gives the next token of a given reply all the probability.
class LedModel final : public lm::LanguageModel {
 public:
  LedModel() : model_({.vocab = static_cast<int>(tokens_of_both()->size()), .max_positions = kToyContext, .seed = 1}) {}
  void lead(std::size_t prompt_tokens, std::vector<TokenId> reply) {
    begin_ = static_cast<int>(prompt_tokens);
    reply_ = std::move(reply);
  }
  const lm::ModelShape& shape() const override { return model_.shape(); }
  std::unique_ptr<lm::KvSequence> new_sequence() override { return model_.new_sequence(); }
  void forward(std::span<const lm::ForwardInput> inputs, lm::Logits& out) override {
    std::vector<int> positions;
    for (const lm::ForwardInput& input : inputs) add_positions(input, positions);
    model_.forward(inputs, out);
    for (std::size_t row = 0; row < positions.size(); ++row) {
      const int next = positions[row] + 1 - begin_;
      if (next < 0 || next >= static_cast<int>(reply_.size())) continue;
      out.values[row * static_cast<std::size_t>(out.vocab) + static_cast<std::size_t>(reply_[static_cast<std::size_t>(next)])] = 1000;
    }
  }

 private:
  static void add_positions(const lm::ForwardInput& input, std::vector<int>& positions) {
    std::vector<int> all;
    for (std::size_t i = 0; i < input.tokens.size(); ++i) {
      const int parent = input.parents.empty() ? static_cast<int>(i) - 1 : input.parents[i];
      all.push_back(parent < 0 ? input.sequence->length() : all[static_cast<std::size_t>(parent)] + 1);
    }
    for (const int at : input.logits_at) positions.push_back(all[static_cast<std::size_t>(at)]);
  }
  lm::ToyModel model_;
  int begin_ = 0;
  std::vector<TokenId> reply_;
};

class LedGenerator final : public lm::Generator {
 public:
  explicit LedGenerator(TokenId end) : scheduler_({model, tokens_of_both(), {end}}, {}, timers_.clock()) {}
  Result<Ticket> submit(lm::GenerationRequest request, std::shared_ptr<lm::GenerationSink> sink) override {
    scheduler_.submit(++ticket_, std::move(request), std::move(sink), timers_.clock().now());
    while (scheduler_.step()) {
    }
    return ticket_;
  }
  void cancel(Ticket) override {}
  lm::GeneratorStats stats() const override { return scheduler_.stats(); }

  std::shared_ptr<LedModel> model = std::make_shared<LedModel>();

 private:
  VirtualTimers timers_;
  Ticket ticket_ = 0;
  lm::Scheduler scheduler_;
};

std::shared_ptr<RouterModel> router_of(std::string_view format, std::shared_ptr<lm::Generator> generator) {
  const auto model = toy_router(std::move(generator));
  model->format = *chat_format::ChatFormat::named(format);
  model->tokenizer = tokens_of_both();
  model->vocabulary = grammar::Vocabulary::make(tokens_of_both(), model->format->end_tokens(*tokens_of_both()));
  return model;
}

PolicyReply random_decision(const DecisionPrompt& prompt, Rng& rng, bool writes_arguments) {
  const Result<Allowed> allowed = allowed_now(prompt, chat_format::Thinking::off);
  EXPECT_TRUE(allowed);
  PolicyReply reply;
  const std::vector<ToolSpec>& tools = allowed->tools;
  if (tools.empty() || (prompt.may_answer && rng.below(6) == 0)) {
    reply.text = rng.below(2) ? "It is 42, the name." : "ü\n<tool <|call|> abc";
    return reply;
  }
  std::vector<std::string> arguments = {"{}", "{}"};
  if (prompt.spec.mode == Mode::agent) arguments.emplace_back("{\"final\":true}");
  if (writes_arguments) arguments.emplace_back("{\"system_prompt\":\"Be the name\",\"temperature\":0.5}");
  const std::size_t calls = 1 + rng.below(static_cast<std::size_t>(allowed->rules.max_calls));
  for (std::size_t i = 0; i < calls; ++i) {
    const ToolSpec& tool = tools[rng.below(tools.size())];
    if (tool.name != kSelectTool) {
      reply.tool_calls.push_back({.id = "", .name = tool.name, .arguments = arguments[rng.below(arguments.size())]});
      continue;
    }
    const auto successes = prompt.transcript.successes();
    const std::string id = successes[rng.below(successes.size())]->id.value;
    reply.tool_calls = {{.id = "", .name = tool.name, .arguments = "{\"call_id\":\"" + id + "\"}"}};
    break;
  }
  return reply;
}

/// Decides at random, has the decision written down and generated, and compares.
class Twins final : public Policy {
 public:
  Twins(std::shared_ptr<RouterModel> model, LedModel& led, std::uint64_t seed)
      : model_(std::move(model)), led_(led), rng_(seed), local_(model_, Rng(seed)) {}

  boost::asio::awaitable<PolicyReply> decide(const DecisionPrompt& prompt, CallScope& scope) override {
    PolicyReply decision = random_decision(prompt, rng_, model_->format->name() == "hermes");
    const auto written = written_decision(*model_, prompt, decision, chat_format::Thinking::off);
    EXPECT_TRUE(written) << written.error().describe();
    if (!written) co_return decision;
    lead(*written);
    PolicyReply generated = co_await local_.decide(prompt, scope);
    compare(*written, decision, generated);
    decision.trace = std::make_shared<TokenTrace>(*written);
    ++decisions;
    const bool go_on_with_written = rng_.below(2) == 0;
    co_return go_on_with_written ? decision : generated;
  }

  int decisions = 0;

 private:
  void lead(const TokenTrace& trace) {
    std::vector<TokenId> reply;
    for (const TokenTrace::Token& token : trace.reply) reply.push_back(token.id);
    led_.lead(trace.prompt.size(), std::move(reply));
  }
  void compare(const TokenTrace& written, const PolicyReply& decision, const PolicyReply& generated) {
    ASSERT_FALSE(generated.error) << generated.error->describe();
    ASSERT_TRUE(generated.trace);
    EXPECT_EQ(written.policy_version, generated.trace->policy_version);
    EXPECT_EQ(written.prompt, generated.trace->prompt);
    EXPECT_EQ(written.ended, generated.trace->ended);
    ASSERT_EQ(written.reply.size(), generated.trace->reply.size());
    for (std::size_t i = 0; i < written.reply.size(); ++i) {
      const TokenTrace::Token& ours = written.reply[i];
      const TokenTrace::Token& theirs = generated.trace->reply[i];
      EXPECT_EQ(ours.id, theirs.id) << i;
      EXPECT_EQ(ours.forced, theirs.forced) << i;
      EXPECT_EQ(ours.choices, theirs.choices) << i;
    }
    ASSERT_TRUE(generated.confidence);
    EXPECT_NEAR(*generated.confidence, 1, 1e-6) << "the model was led";
    if (!generated.trace->alternatives.empty()) {  // nothing is looked ahead at where one model is offered
      EXPECT_EQ(generated.trace->alternatives.front().action, decision.tool_calls.empty() ? "" : decision.tool_calls.front().name);
      EXPECT_NEAR(generated.trace->alternatives.front().probability, 1, 1e-6);
    }
    EXPECT_EQ(decision.text, generated.text);
    ASSERT_EQ(decision.tool_calls.size(), generated.tool_calls.size());
    for (std::size_t i = 0; i < decision.tool_calls.size(); ++i) EXPECT_EQ(decision.tool_calls[i].name, generated.tool_calls[i].name);
  }

  std::shared_ptr<RouterModel> model_;
  LedModel& led_;
  Rng rng_;
  LocalPolicy local_;
};

TEST(WrittenDecision, is_what_would_have_been_generated) {
  for (const std::string_view format : {"compact", "hermes"}) {
    int decisions = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
      SCOPED_TRACE(std::string(format) + " " + std::to_string(seed));
      Rng rng(seed);
      PolicyBench bench;
      bench.spec.limits.max_turns = 4;
      bench.spec.limits.max_calls = static_cast<int>(1 + rng.below(6));
      bench.spec.limits.max_calls_per_turn = static_cast<int>(1 + rng.below(3));
      bench.spec.mode = rng.below(4) == 0 ? Mode::simple : Mode::agent;
      bench.spec.offered.resize(1 + rng.below(3));
      const auto end = (*chat_format::ChatFormat::named(format))->end_tokens(*tokens_of_both()).front();
      const auto generator = std::make_shared<LedGenerator>(end);
      Twins twins(router_of(format, generator), *generator->model, seed);
      bench.run(twins);
      decisions += twins.decisions;
      if (HasFatalFailure() || HasFailure()) return;
    }
    EXPECT_GT(decisions, 60);
  }
}

TEST(WrittenDecision, in_compact_a_call_is_three_tokens_of_which_one_is_a_free_choice_of_the_kind) {
  PolicyBench bench;
  const auto model = router_of("compact", std::make_shared<LedGenerator>(0));
  PolicyReply decision;
  decision.tool_calls.push_back({.id = "", .name = "call_small_a", .arguments = "{\"final\":true}"});
  const auto written = written_decision(*model, bench.prompt(), decision, chat_format::Thinking::off);
  ASSERT_TRUE(written) << written.error().describe();
  ASSERT_EQ(written->reply.size(), 4u) << "call, name, final, end";
  EXPECT_EQ(written->reply[0].choices.size(), 2u) << "an answer or a call";
  EXPECT_EQ(written->reply[1].id, *tokens_of_both()->id_of("call_small_a"));
  EXPECT_EQ(written->reply[1].choices.size(), 2u) << "its name is a token, the others begin with another one";
  EXPECT_EQ(written->reply[2].choices.size(), 3u) << "final, another call or the end";
  EXPECT_EQ(written->reply[3].choices.size(), 2u) << "another call or the end";
  const std::string prompt = tokens_of_both()->decode(written->prompt);
  EXPECT_EQ(prompt.find("You are the router"), std::string::npos) << prompt;
  EXPECT_TRUE(prompt.starts_with("<|begin|><|tool|>call_small_a Quick at short questions.")) << prompt;
}

TEST(WrittenDecision, what_is_not_allowed_now_is_an_error) {
  PolicyBench bench;
  const auto model = router_of("compact", std::make_shared<LedGenerator>(0));
  const auto error_of = [&](const PolicyReply& decision, const DecisionPrompt& prompt) {
    const auto written = written_decision(*model, prompt, decision, chat_format::Thinking::off);
    return written ? std::optional<ErrorKind>() : written.error().kind;
  };
  PolicyReply unknown;
  unknown.tool_calls.push_back({.id = "", .name = "call_nobody", .arguments = "{}"});
  EXPECT_EQ(error_of(unknown, bench.prompt()), ErrorKind::invalid_request);
  PolicyReply selection;
  selection.tool_calls.push_back({.id = "", .name = std::string(kSelectTool), .arguments = "{\"call_id\":\"c1\"}"});
  EXPECT_EQ(error_of(selection, bench.prompt()), ErrorKind::invalid_request) << "nothing has succeeded yet";
  PolicyReply answer;
  answer.text = "Yes.";
  DecisionPrompt must_call = bench.prompt();
  must_call.may_answer = false;
  EXPECT_EQ(error_of(answer, must_call), ErrorKind::invalid_request);
  EXPECT_EQ(error_of(answer, bench.prompt()), std::nullopt);
  EXPECT_EQ(error_of({}, bench.prompt()), ErrorKind::invalid_request) << "nothing is said";
  model->max_positions = 20;
  EXPECT_EQ(error_of(answer, bench.prompt()), ErrorKind::context_length);
}

}  // namespace
}  // namespace xrouter::policy_lm
