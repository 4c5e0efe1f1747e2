// Goal: with a real model, a reply does not depend on who else is in the batch, nor on how its grammar is followed.
// Method: requests join one after the other, with free and constrained, greedy and sampled replies; each is compared
// with the same request alone, without a prefix cache, and constrained ones with one token a pass.
#include <gtest/gtest.h>

#include <cstdio>

#include "xrouter/lm/toy_generation_test.hpp"
#include "xrouter/transformer/load.hpp"
#include "xrouter/transformer/test_smollm2.hpp"

namespace xrouter::transformer {
namespace {

using lm::Generation;

struct Figures {
  std::size_t tokens = 0, equal = 0, replies = 0, equal_replies = 0;
  float logprob_difference = 0;  ///< of tokens that are the same after the same tokens
};

void compare(const Generation& a, const Generation& b, Figures& figures) {
  ++figures.replies;
  const std::size_t most = std::max(a.tokens.size(), b.tokens.size());
  figures.tokens += most;
  std::size_t equal = 0;
  for (; equal < std::min(a.tokens.size(), b.tokens.size()) && a.tokens[equal].id == b.tokens[equal].id; ++equal) {
    figures.logprob_difference = std::max(figures.logprob_difference, std::abs(a.tokens[equal].logprob - b.tokens[equal].logprob));
  }
  figures.equal += equal;
  if (equal == most && a.cause == b.cause && a.text == b.text) ++figures.equal_replies;
}

void print(const char* precision, const char* what, const Figures& figures) {
  std::printf("[ figures  ] %s, %s: %zu of %zu replies, %zu of %zu tokens equal; log-probs differ by at most %.2g\n", precision, what, figures.equal_replies,
              figures.replies, figures.equal, figures.tokens, static_cast<double>(figures.logprob_difference));
}

class SmolReplies {
 public:
  SmolReplies(std::shared_ptr<lm::LanguageModel> model, const weights::ModelFiles& files)
      : model_{.model = std::move(model), .tokenizer = files.tokenizer(), .end_tokens = files.end_tokens()} {}

  std::vector<lm::GenerationRequest> requests() const {
    const std::vector<std::string> questions{"What is the capital of France?", "Write a haiku about rain.", "Count from one to ten.", "What is 17 times 23?",
                                             "Name three rivers.",             "Who wrote Hamlet?",         "Say hello in German.",   "Which model should answer?"};
    grammar::Builder builder;
    std::vector<grammar::Piece> names;
    for (const char* name : {"gpt-4o", "gpt-4o-mini", "claude-sonnet", "claude-haiku", "llama-70b", "llama-8b"}) names.push_back(builder.literal(name));
    const auto call = builder.build(builder.sequence({builder.literal("<tool_call>\n{\"name\": \"call_"), builder.choice(std::move(names)), builder.literal("\", \"arguments\": {\"question\": \""),
                                                      builder.text({"\""}, 24, false), builder.literal("\", \"effort\": "), builder.json(R"({"enum": ["low", "medium", "high"]})"),
                                                      builder.literal("}}\n</tool_call>")})).value();
    std::vector<lm::GenerationRequest> requests;
    for (std::size_t i = 0; i < questions.size(); ++i) {
      lm::GenerationRequest request;
      request.prompt = model_.tokenizer->encode("<|im_start|>system\nYou are a helpful assistant that answers or chooses a model.<|im_end|>\n<|im_start|>user\n" + questions[i] +
                                                    "<|im_end|>\n<|im_start|>assistant\n",
                                                tokenizer::SpecialTokens::parse);
      request.sampling.temperature = i % 2 == 0 ? 0 : 0.8;
      request.sampling.seed = i;
      request.sampling.max_tokens = i % 4 < 2 ? 16 : 60;
      if (i % 4 >= 2) request.grammar = call;
      requests.push_back(std::move(request));
    }
    return requests;
  }

  Generation alone(const lm::GenerationRequest& request, lm::GeneratorOptions options = {.prefix_cache_bytes = 0}) const {
    lm::Scheduler scheduler(model_, options, system_clock());
    const auto sink = std::make_shared<lm::RecordingSink>();
    scheduler.submit(1, request, sink, system_clock().now());
    while (scheduler.step()) {
    }
    return sink->generation();
  }

  std::vector<Generation> together(const std::vector<lm::GenerationRequest>& requests) const {
    lm::Scheduler scheduler(model_, {.max_batch = 6, .prefill_chunk = 24}, system_clock());
    std::vector<std::shared_ptr<lm::RecordingSink>> sinks;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      sinks.push_back(std::make_shared<lm::RecordingSink>());
      scheduler.submit(i, requests[i], sinks.back(), system_clock().now());
      scheduler.step();
    }
    while (scheduler.step()) {
    }
    std::vector<Generation> replies;
    for (const auto& sink : sinks) replies.push_back(sink->generation());
    return replies;
  }

 private:
  lm::GenerationModel model_;
};

void expect_same_replies(const SmolReplies& model, const char* precision, bool exact) {
  const std::vector<lm::GenerationRequest> requests = model.requests();
  const std::vector<Generation> together = model.together(requests);
  Figures batch, jumping, masking;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const Generation alone = model.alone(requests[i]);
    compare(together[i], alone, batch);
    if (!requests[i].grammar) continue;
    compare(alone, model.alone(requests[i], {.look_ahead_nodes = 0, .prefix_cache_bytes = 0}), jumping);
    lm::GenerationRequest one_a_pass = requests[i];
    one_a_pass.jump_forward = false;
    compare(alone, model.alone(one_a_pass), masking);
  }
  print(precision, "in a batch and alone", batch);
  print(precision, "with look-ahead and with jump-forward alone", jumping);
  print(precision, "with look-ahead and with one token a pass", masking);
  if (!exact) return;
  for (const Figures& figures : {batch, jumping, masking}) {
    EXPECT_EQ(figures.equal_replies, figures.replies);
    EXPECT_LT(figures.logprob_difference, 1e-3F);
  }
}

TEST(SmolGenerator, replies_are_the_same_alone_and_in_a_batch_and_however_a_grammar_is_followed) {
  const auto path = smollm2_path(XROUTER_SOURCE_DIR);
  if (!path) GTEST_SKIP() << path.error().public_text;
  const auto files = weights::open_model(*path);
  ASSERT_TRUE(files) << files.error().describe();
  for (const auto precision : {Precision::f32, Precision::bf16}) {
    LoadOptions options;
    options.precision = precision;
    options.threads = 1;
    const auto model = load_model(**files, options);
    ASSERT_TRUE(model) << model.error().describe();
    const bool exact = precision == Precision::f32;
    expect_same_replies(SmolReplies(*model, **files), exact ? "float32" : "bf16", exact);
  }
}

}  // namespace
}  // namespace xrouter::transformer
