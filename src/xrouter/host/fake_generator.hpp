// A generator for tests that says what a test tells it, on the test's thread.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "xrouter/lm/generator.hpp"

namespace xrouter::host {

class FakeGenerator final : public lm::Generator {
 public:
  struct Asked {
    lm::GenerationRequest request;
    std::shared_ptr<lm::GenerationSink> sink;
    std::vector<lm::GeneratedToken> tokens = {};
    bool ended = false;
  };

  Result<Ticket> submit(lm::GenerationRequest request, std::shared_ptr<lm::GenerationSink> sink) override {
    if (asked.size() >= room) return fail(ErrorKind::overloaded, "The queue of the model is full.");
    asked.push_back({.request = std::move(request), .sink = std::move(sink)});
    return asked.size() - 1;
  }
  void cancel(Ticket ticket) override {
    cancelled.push_back(ticket);
    if (!asked[ticket].ended) end(ticket, lm::StopCause::cancelled);
  }
  lm::GeneratorStats stats() const override { return figures; }

  /// One token for each byte, as the tokenizer of these tests has it.
  void say(Ticket ticket, std::string_view text) {
    std::vector<lm::GeneratedToken> tokens;
    for (const char c : text) {
      lm::GeneratedToken token{.id = static_cast<unsigned char>(c), .logprob = -0.5F, .free_logprob = -0.5F};
      token.text = std::string(1, c);
      if (asked[ticket].request.sampling.top_logprobs > 0)
        token.top = {{.token = token.id, .logprob = -0.5F}, {.token = 'z', .logprob = -2}};
      tokens.push_back(std::move(token));
    }
    asked[ticket].tokens.insert(asked[ticket].tokens.end(), tokens.begin(), tokens.end());
    asked[ticket].sink->on_tokens(tokens);
  }
  void end(Ticket ticket, lm::StopCause cause = lm::StopCause::end_token) {
    Asked& one = asked[ticket];
    lm::Generation generation{.tokens = one.tokens, .text = {}, .cause = cause};
    for (const lm::GeneratedToken& token : one.tokens) generation.text += token.text;
    generation.prompt_tokens = static_cast<int>(one.request.prompt.size());
    generation.cached_tokens = 5;
    one.ended = true;
    one.sink->on_finish(std::move(generation));
  }
  void fail_with(Ticket ticket, Error error) {
    asked[ticket].ended = true;
    asked[ticket].sink->on_finish(fail(std::move(error)));
  }

  std::size_t room = 100;
  std::vector<Asked> asked;
  std::vector<Ticket> cancelled;
  lm::GeneratorStats figures;
};

}  // namespace xrouter::host
