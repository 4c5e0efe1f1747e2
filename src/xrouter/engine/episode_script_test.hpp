// For the tests of the engine: an episode driven by hand.
#pragma once

#include <gtest/gtest.h>

#include "xrouter/engine/episode.hpp"
#include "xrouter/testing/fixtures.hpp"
#include "xrouter/testing/scripted.hpp"

namespace xrouter {

/// Drives an episode by hand and checks that each action is the expected one.
class Script {
 public:
  explicit Script(EpisodeSpec spec = two_model_spec()) : episode(std::move(spec)), action(episode.start()) {}

  Script& expect_ask() {
    EXPECT_TRUE(std::holds_alternative<AskPolicy>(action)) << "action " << action.index();
    return *this;
  }
  Script& reply(PolicyReply decision) {
    expect_ask();
    action = episode.on(std::move(decision));
    return *this;
  }
  const CallModels& expect_calls(std::size_t count) {
    EXPECT_TRUE(std::holds_alternative<CallModels>(action)) << "action " << action.index();
    EXPECT_EQ(calls().calls.size(), count);
    return calls();
  }
  const CallModels& calls() const { return std::get<CallModels>(action); }

  /// Every call under way answers with its model's name.
  Script& succeed() {
    std::vector<ModelReply> replies;
    for (const ModelCall& call : calls().calls) replies.push_back(success(call, call.model->id.value + " says 4"));
    action = episode.on(std::move(replies));
    return *this;
  }
  Script& fail_all(ErrorKind kind, bool relayed = false) {
    std::vector<ModelReply> replies;
    for (const ModelCall& call : calls().calls) {
      ModelReply reply{.call = call.id};
      reply.reply = fail(kind, "public " + std::string(label_of(kind)));
      reply.relayed = relayed;
      replies.push_back(std::move(reply));
    }
    action = episode.on(std::move(replies));
    return *this;
  }
  Script& expire(ErrorKind reason) {
    action = episode.on(Expired{reason});
    return *this;
  }
  const Outcome& expect_finish(AnswerSource source, StopReason stop) {
    EXPECT_TRUE(std::holds_alternative<Finish>(action)) << "action " << action.index();
    const Outcome& outcome = std::get<Finish>(action).outcome;
    EXPECT_EQ(to_text(outcome.source), to_text(source));
    EXPECT_EQ(to_text(outcome.stop), to_text(stop));
    EXPECT_EQ(outcome.answer.has_value(), source != AnswerSource::none);
    EXPECT_TRUE(episode.finished());
    return outcome;
  }

  static ModelReply success(const ModelCall& call, std::string text, Usage usage = {.prompt_tokens = 10, .completion_tokens = 5}) {
    ModelReply reply{.call = call.id};
    reply.reply = text_reply(std::move(text), usage);
    AttemptRecord attempt{.model = call.model->id, .usage = usage, .usage_source = UsageSource::reported};
    attempt.cost = call.model->price.cost_of(usage);
    reply.attempts.push_back(std::move(attempt));
    return reply;
  }
  const CallRecord& record(std::size_t turn, std::size_t index) const { return episode.transcript().turns.at(turn).calls.at(index); }

  Episode episode;
  Action action;
};

inline EpisodeSpec simple_spec() {
  EpisodeSpec spec = two_model_spec();
  spec.mode = Mode::simple;
  return spec;
}

inline EpisodeSpec limited(Usd max_cost) {
  EpisodeSpec spec = two_model_spec();
  spec.limits.max_cost = max_cost;
  spec.limits.default_output_tokens = 100;
  return spec;
}

}  // namespace xrouter
