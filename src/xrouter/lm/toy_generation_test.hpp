// For tests: requests through a scheduler step by step, and sinks that check how they are called.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "xrouter/async/virtual_time.hpp"
#include "xrouter/lm/scheduler.hpp"
#include "xrouter/lm/toy_model.hpp"
#include "xrouter/lm/toy_tokenizer.hpp"

namespace xrouter::lm {

/// Keeps what it is told and fails the test when that is told wrongly.
class RecordingSink final : public GenerationSink {
 public:
  void on_tokens(std::span<const GeneratedToken> tokens) override {
    EXPECT_FALSE(finished) << "tokens after the end";
    EXPECT_FALSE(tokens.empty());
    ++deliveries;
    for (const GeneratedToken& token : tokens) {
      ids.push_back(token.id);
      text += token.text;
    }
  }
  void on_finish(Result<Generation> generation) override {
    EXPECT_FALSE(finished) << "two ends";
    finished = std::move(generation);
    if (!*finished) return;
    std::vector<TokenId> all;
    for (const GeneratedToken& token : (*finished)->tokens) all.push_back(token.id);
    EXPECT_EQ(ids, all) << "tokens were delivered in order, each once";
    EXPECT_EQ(text, (*finished)->text);
  }

  const Generation& generation() const { return finished.value().value(); }

  std::vector<TokenId> ids;
  std::string text;
  int deliveries = 0;
  std::optional<Result<Generation>> finished;
};

/// A model that writes ASCII: no token waits for the rest of a character.
inline ToyModelOptions ascii_toy() {
  ToyModelOptions options;
  for (TokenId byte = 128; byte < 256; ++byte) options.bias.emplace_back(byte, -30.0F);
  for (const std::string_view piece : {"\xc3\xa9", "\xe2\x82"}) options.bias.emplace_back(*ToyTokenizer().id_of(piece), -30.0F);
  return options;
}

/// A toy model, its tokenizer and a clock.
struct ToyWorld {
  explicit ToyWorld(ToyModelOptions options = {}) : tokenizer(std::make_shared<ToyTokenizer>()), model(std::make_shared<ToyModel>(std::move(options))) {}

  GenerationModel generation_model() const { return {.model = model, .tokenizer = tokenizer, .end_tokens = {tokenizer->end()}}; }
  std::vector<TokenId> prompt(std::string_view text) const { return tokenizer->encode(text, tokenizer::SpecialTokens::parse); }

  /// One request by itself, from an empty cache.
  Generation alone(const GenerationRequest& request, GeneratorOptions options = {}) const {
    Scheduler scheduler(generation_model(), options, clock());
    const auto sink = std::make_shared<RecordingSink>();
    scheduler.submit(1, request, sink, clock().now());
    for (int steps = 0; scheduler.step(); ++steps) EXPECT_LT(steps, 100'000);
    return sink->generation();
  }

  std::shared_ptr<ToyTokenizer> tokenizer;
  std::shared_ptr<ToyModel> model;
  VirtualTimers timers;  ///< its clock stands still until a test moves it
  const Clock& clock() const { return timers.clock(); }
};

/// Equal but for how it was computed.
inline void expect_same_reply(const Generation& a, const Generation& b) {
  ASSERT_EQ(a.tokens.size(), b.tokens.size());
  EXPECT_EQ(a.text, b.text);
  EXPECT_EQ(a.cause, b.cause);
  EXPECT_EQ(a.end.has_value(), b.end.has_value());
  const auto same = [](const GeneratedToken& x, const GeneratedToken& y) {
    EXPECT_EQ(x.id, y.id);
    EXPECT_EQ(x.forced, y.forced);
    EXPECT_EQ(x.text, y.text);
    EXPECT_EQ(x.logprob, y.logprob);
    EXPECT_TRUE(x.forced ? std::isnan(x.free_logprob) && std::isnan(y.free_logprob) : x.free_logprob == y.free_logprob);
    ASSERT_EQ(x.top.size(), y.top.size());
    for (std::size_t i = 0; i < x.top.size(); ++i) {
      EXPECT_EQ(x.top[i].token, y.top[i].token);
      EXPECT_EQ(x.top[i].logprob, y.top[i].logprob);
    }
  };
  for (std::size_t i = 0; i < a.tokens.size(); ++i) same(a.tokens[i], b.tokens[i]);
  if (a.end && b.end) same(*a.end, *b.end);
}

}  // namespace xrouter::lm
