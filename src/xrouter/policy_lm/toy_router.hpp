// For tests: router models without weights. One writes what a script says, as far as the grammar allows it; the other
// is a hash of what it has read.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "xrouter/async/virtual_time.hpp"
#include "xrouter/lm/scheduler.hpp"
#include "xrouter/lm/toy_model.hpp"
#include "xrouter/lm/toy_tokenizer.hpp"
#include "xrouter/policy_lm/router_model.hpp"

namespace xrouter::policy_lm {

inline std::shared_ptr<const lm::ToyTokenizer> toy_tokenizer() {
  static const auto tokenizer =
      std::make_shared<const lm::ToyTokenizer>(lm::ToyTokenizer::default_pieces(), std::vector<std::string>{"<|im_end|>", "<|im_start|>"});
  return tokenizer;
}

inline constexpr int kToyContext = 60'000;

inline std::shared_ptr<RouterModel> toy_router(std::shared_ptr<lm::Generator> generator) {
  auto model = std::make_shared<RouterModel>();
  model->name = "toy";
  model->version = "toy@1";
  model->format = chat_format::ChatFormat::named("hermes").value();
  model->tokenizer = toy_tokenizer();
  model->vocabulary = grammar::Vocabulary::make(toy_tokenizer(), {toy_tokenizer()->end()});
  model->max_positions = kToyContext;
  model->generator = std::move(generator);
  return model;
}

/// Writes its script token by token, the longest allowed one that fits, each with probability 0.5. What the grammar
/// does not allow fails the test. Finishes at once, or when the test says so.
class ScriptedGenerator final : public lm::Generator {
 public:
  /// `cut_after`: so many tokens and no end.
  ScriptedGenerator& then(std::string text, int cut_after = 1'000'000) {
    script_.emplace_back(std::move(text), cut_after);
    return *this;
  }

  Result<Ticket> submit(lm::GenerationRequest request, std::shared_ptr<lm::GenerationSink> sink) override {
    requests.push_back(request);
    if (refuse) return fail(ErrorKind::overloaded, "full");
    if (holds) {
      held_ = std::move(sink);
    } else {
      sink->on_finish(follow(request));
    }
    return static_cast<Ticket>(requests.size());
  }
  void cancel(Ticket) override {
    ++cancelled;
    lm::Generation generation;
    generation.cause = lm::StopCause::cancelled;
    generation.prompt_tokens = 7;
    generation.forward_passes = 1;
    if (held_) std::exchange(held_, nullptr)->on_finish(std::move(generation));
  }
  lm::GeneratorStats stats() const override { return {}; }

  std::vector<lm::GenerationRequest> requests;
  bool holds = false;
  bool refuse = false;
  int cancelled = 0;

 private:
  Result<lm::Generation> follow(const lm::GenerationRequest& request) {
    if (script_.empty()) return fail(ErrorKind::internal, "the script is used up");
    auto [text, cut_after] = std::move(script_.front());
    script_.pop_front();
    grammar::Matcher matcher(request.grammar, grammar::Vocabulary::make(toy_tokenizer(), {toy_tokenizer()->end()}));
    lm::Generation out;
    out.prompt_tokens = static_cast<int>(request.prompt.size());
    out.cached_tokens = out.prompt_tokens / 2;
    out.forward_passes = 1;
    std::string_view rest = text;
    while (!rest.empty() && static_cast<int>(out.tokens.size()) < cut_after) {
      const lm::TokenId id = longest(matcher.next(), rest);
      if (id < 0) return ADD_FAILURE() << "not allowed: " << rest << " of " << text, fail(ErrorKind::internal, "not allowed");
      const bool forced = matcher.next().forced();
      lm::GeneratedToken token{.id = id, .logprob = forced ? 0.0F : std::log(0.5F), .free_logprob = 0, .forced = forced};
      if (!forced) tell_allowed(matcher.next(), token);
      out.tokens.push_back(std::move(token));
      matcher.accept(id);
      rest.remove_prefix(toy_tokenizer()->bytes_of(id).size());
    }
    const bool ends = rest.empty() && static_cast<int>(out.tokens.size()) < cut_after;
    EXPECT_TRUE(!ends || matcher.next().may_end) << text;
    out.cause = ends ? lm::StopCause::end_token : lm::StopCause::max_tokens;
    if (ends) out.end = lm::GeneratedToken{.id = toy_tokenizer()->end(), .forced = matcher.next().finished()};
    if (ends && !out.end->forced) tell_allowed(matcher.next(), *out.end);
    return out;
  }
  static void tell_allowed(const grammar::Step& step, lm::GeneratedToken& token) {
    if (step.many) return;
    token.top_is_all = true;
    for (const lm::TokenId id : step.few) token.top.push_back({id, std::log(0.5F)});
    if (step.may_end) token.top.push_back({toy_tokenizer()->end(), std::log(0.5F)});
  }
  static lm::TokenId longest(const grammar::Step& step, std::string_view text) {
    lm::TokenId best = -1;
    for (lm::TokenId id = 0; id < static_cast<lm::TokenId>(toy_tokenizer()->size()); ++id) {
      const bool allowed = step.many ? step.many->allows(id) : std::find(step.few.begin(), step.few.end(), id) != step.few.end();
      const std::string_view bytes = toy_tokenizer()->bytes_of(id);
      const bool longer = best < 0 || bytes.size() > toy_tokenizer()->bytes_of(best).size();
      if (allowed && longer && text.starts_with(bytes)) best = id;
    }
    return best;
  }

  std::deque<std::pair<std::string, int>> script_;
  std::shared_ptr<lm::GenerationSink> held_;
};

/// A toy model behind a real scheduler, each request run to its end at once.
class ToyGenerator final : public lm::Generator {
 public:
  explicit ToyGenerator(lm::ToyModelOptions options, lm::GeneratorOptions how = {})
      : scheduler_({std::make_shared<lm::ToyModel>(std::move(options)), toy_tokenizer(), {toy_tokenizer()->end()}}, how, timers_.clock()) {}

  Result<Ticket> submit(lm::GenerationRequest request, std::shared_ptr<lm::GenerationSink> sink) override {
    requests.push_back(request);
    scheduler_.submit(requests.size(), std::move(request), std::move(sink), timers_.clock().now());
    while (scheduler_.step()) {
    }
    return static_cast<Ticket>(requests.size());
  }
  void cancel(Ticket) override {}
  lm::GeneratorStats stats() const override { return scheduler_.stats(); }

  std::vector<lm::GenerationRequest> requests;

 private:
  VirtualTimers timers_;
  lm::Scheduler scheduler_;
};

}  // namespace xrouter::policy_lm
