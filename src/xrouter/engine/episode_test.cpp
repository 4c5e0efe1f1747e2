// The rules of episode.hpp, one test a rule, without I/O and without a clock.
#include "xrouter/engine/episode.hpp"

#include <gtest/gtest.h>

#include "xrouter/testing/fixtures.hpp"
#include "xrouter/testing/scripted.hpp"

namespace xrouter {
namespace {

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

EpisodeSpec simple_spec() {
  EpisodeSpec spec = two_model_spec();
  spec.mode = Mode::simple;
  return spec;
}

EpisodeSpec limited(Usd max_cost) {
  EpisodeSpec spec = two_model_spec();
  spec.limits.max_cost = max_cost;
  spec.limits.default_output_tokens = 100;
  return spec;
}

TEST(Episode, text_without_a_call_is_a_direct_answer) {
  Script script;
  script.reply(answering("4"));
  EXPECT_EQ(script.expect_finish(AnswerSource::direct, StopReason::answered).answer->text(), "4");
}

TEST(Episode, text_after_a_success_is_a_synthesis) {
  Script script;
  script.reply(calling({"cheap"})).succeed().reply(answering("It is 4."));
  EXPECT_EQ(script.expect_finish(AnswerSource::synthesised, StopReason::answered).turns_used, 2);
}

TEST(Episode, text_after_failures_only_is_still_direct) {
  Script script;
  script.reply(calling({"cheap"})).fail_all(ErrorKind::upstream_unreachable).reply(answering("4"));
  script.expect_finish(AnswerSource::direct, StopReason::answered);
}

TEST(Episode, calls_of_one_turn_are_made_together_and_selected_by_call_id) {
  Script script;
  script.reply(calling({"cheap", "cheap", "strong"}));
  EXPECT_EQ(script.expect_calls(3).calls[1].id.value, "c2");
  script.succeed().reply(selecting("c2"));
  EXPECT_EQ(script.expect_finish(AnswerSource::selected, StopReason::answered).answer_call.value, "c2");
}

TEST(Episode, a_selection_ends_the_turn_and_its_other_calls_are_not_executed) {
  Script script;
  PolicyReply both = selecting("c1");
  both.tool_calls.push_back(tool_call("call_strong"));
  script.reply(calling({"cheap"})).succeed().reply(both);
  script.expect_finish(AnswerSource::selected, StopReason::answered);
  EXPECT_EQ(script.record(1, 1).status, CallStatus::refused);
}

TEST(Episode, failed_and_unknown_calls_cannot_be_selected) {
  for (std::string id : {"c1", "c9", ""}) {
    Script script;
    script.reply(calling({"cheap"})).fail_all(ErrorKind::upstream_unreachable).reply(selecting(id)).expect_ask();
    EXPECT_EQ(script.record(1, 0).message, "There is no successful call with this call_id to select.");
  }
}

TEST(Episode, an_invalid_selection_does_not_stop_the_other_calls_of_its_turn) {
  Script script;
  PolicyReply both = selecting("c7");
  both.tool_calls.push_back(tool_call("call_cheap"));
  script.reply(both).expect_calls(1);
}

TEST(Episode, an_unknown_tool_is_answered_to_the_policy_and_counts_as_a_turn) {
  Script script;
  PolicyReply nonsense;
  nonsense.tool_calls.push_back(tool_call("call_gpt_9"));
  script.reply(nonsense).reply(nonsense).expect_ask();
  EXPECT_EQ(script.record(0, 0).message, "There is no such tool.");
  const Outcome& outcome = script.reply(nonsense).expect_finish(AnswerSource::none, StopReason::turn_limit);
  EXPECT_EQ(outcome.error->kind, ErrorKind::no_usable_answer);
  EXPECT_EQ(outcome.turns_used, 3);
}

TEST(Episode, malformed_arguments_are_answered_to_the_policy) {
  const std::pair<std::string, std::string> cases[] = {
      {"{", "Not valid JSON"},
      {"[]", "'arguments' must be an object."},
      {R"({"temperature":"hot"})", "'arguments.temperature' must be a number from 0 to 2."},
      {R"({"temprature":1})", "'arguments.temprature' is not an argument of this tool."},
      {R"({"max_tokens":0})", "'arguments.max_tokens' must be a whole number from 1"},
  };
  for (const auto& [arguments, message] : cases) {
    Script script;
    PolicyReply decision;
    decision.tool_calls = {tool_call("call_cheap", arguments), tool_call("call_strong")};
    script.reply(decision).expect_calls(1);
    EXPECT_EQ(script.record(0, 0).status, CallStatus::refused);
    EXPECT_NE(script.record(0, 0).message.find(message), std::string::npos) << script.record(0, 0).message;
  }
}

TEST(Episode, empty_arguments_are_a_valid_call) {
  Script script;
  PolicyReply decision;
  decision.tool_calls = {tool_call("call_cheap", ""), tool_call("call_cheap", "{}")};
  script.reply(decision).expect_calls(2);
}

TEST(Episode, every_tool_call_of_a_turn_is_answered_exactly_once) {
  Script script;
  PolicyReply decision = calling({"cheap", "strong"});
  decision.tool_calls.push_back(tool_call("nonsense"));
  decision.tool_calls.push_back(tool_call(std::string(kSelectTool), "{"));
  script.reply(decision).succeed().expect_ask();
  const Turn& turn = script.episode.transcript().turns[0];
  ASSERT_EQ(turn.calls.size(), 4u);
  for (const CallRecord& record : turn.calls) EXPECT_TRUE(record.reply.has_value() != !record.message.empty()) << record.id.value;
}

TEST(Episode, the_last_turns_calls_are_executed_and_the_latest_success_is_the_answer) {
  EpisodeSpec spec = two_model_spec();
  spec.limits.max_turns = 2;
  Script script(spec);
  script.reply(calling({"cheap"})).succeed().reply(calling({"strong"})).expect_calls(1);
  const Outcome& outcome = script.succeed().expect_finish(AnswerSource::last_reply, StopReason::turn_limit);
  EXPECT_EQ(outcome.answer->text(), "strong says 4");
}

TEST(Episode, the_turn_limit_can_be_declared_a_failure) {
  EpisodeSpec spec = two_model_spec();
  spec.limits.max_turns = 1;
  spec.on_turn_limit = OnTurnLimit::fail;
  Script script(spec);
  script.reply(calling({"cheap"})).succeed().expect_finish(AnswerSource::none, StopReason::turn_limit);
}

TEST(Episode, calls_over_the_limits_are_refused_and_the_rest_is_executed) {
  EpisodeSpec spec = two_model_spec();
  spec.limits.max_calls_per_turn = 2;
  spec.limits.max_calls = 3;
  Script script(spec);
  script.reply(calling({"cheap", "cheap", "cheap"})).expect_calls(2);
  EXPECT_NE(script.record(0, 2).message.find("at most 2 calls"), std::string::npos);
  script.succeed().reply(calling({"cheap", "cheap"})).expect_calls(1);
  EXPECT_NE(script.record(1, 1).message.find("limit of 3 calls"), std::string::npos);
  script.succeed().expect_ask();
  EXPECT_FALSE(script.episode.prompt().may_call);
}

TEST(Episode, simple_mode_takes_exactly_one_decision) {
  Script script(simple_spec());
  script.reply(calling({"cheap", "strong"}));
  EXPECT_FALSE(script.expect_calls(2).relay) << "two calls cannot be relayed";
  EXPECT_EQ(script.succeed().expect_finish(AnswerSource::selected, StopReason::answered).answer->text(), "cheap says 4");

  Script direct(simple_spec());
  direct.reply(answering("4")).expect_finish(AnswerSource::direct, StopReason::answered);

  Script failing_call(simple_spec());
  failing_call.reply(calling({"cheap"})).fail_all(ErrorKind::upstream_unreachable);
  EXPECT_EQ(failing_call.expect_finish(AnswerSource::none, StopReason::calls_failed).error->kind, ErrorKind::upstream_unreachable);

  Script nonsense(simple_spec());
  nonsense.reply(calling({"unheard-of"})).expect_finish(AnswerSource::none, StopReason::calls_failed);
}

TEST(Episode, a_committed_single_call_may_be_relayed_and_is_the_answer) {
  Script script;
  script.reply(committing("cheap"));
  EXPECT_TRUE(script.expect_calls(1).relay);
  script.succeed().expect_finish(AnswerSource::selected, StopReason::answered);
}

TEST(Episode, a_failed_commit_asks_again_while_turns_are_left) {
  Script script;
  script.reply(committing("cheap")).fail_all(ErrorKind::upstream_unreachable).reply(committing("strong")).succeed();
  EXPECT_EQ(script.expect_finish(AnswerSource::selected, StopReason::answered).answer->text(), "strong says 4");
}

PolicyReply saying(std::initializer_list<std::pair<std::string, std::string>> calls) {
  PolicyReply reply;
  for (const auto& [tool, arguments] : calls) reply.tool_calls.push_back(tool_call(tool, arguments));
  return reply;
}

TEST(Episode, a_single_final_call_may_be_relayed_and_is_the_answer) {
  Script script;
  script.reply(saying({{"call_cheap", R"({"final":true})"}}));
  EXPECT_TRUE(script.expect_calls(1).relay);
  script.succeed();
  EXPECT_EQ(script.expect_finish(AnswerSource::selected, StopReason::answered).turns_used, 1);
}

TEST(Episode, of_several_final_calls_the_first_success_is_the_answer) {
  Script script;
  script.reply(saying({{"call_cheap", R"({"final":true})"}, {"call_strong", R"({"final":true})"}}));
  EXPECT_FALSE(script.expect_calls(2).relay);
  script.succeed();
  EXPECT_EQ(script.expect_finish(AnswerSource::selected, StopReason::answered).answer_call.value, "c1");
}

TEST(Episode, one_call_that_is_not_final_lets_the_policy_read_all_of_them) {
  for (const char* other : {"{}", R"({"final":false})", "{broken"}) {
    Script script;
    script.reply(saying({{"call_cheap", R"({"final":true})"}, {"call_strong", other}}));
    EXPECT_FALSE(script.calls().relay) << other;
    script.succeed().expect_ask();
  }
  Script script;
  PolicyReply with_selection = saying({{"call_cheap", R"({"final":true})"}});
  with_selection.tool_calls.push_back(selecting("c9").tool_calls.front());
  script.reply(with_selection).succeed().expect_ask();
}

TEST(Episode, a_final_call_that_failed_asks_again_while_turns_are_left) {
  Script script;
  script.reply(saying({{"call_cheap", R"({"final":true})"}})).fail_all(ErrorKind::rate_limited);
  script.reply(saying({{"call_strong", R"({"final":true})"}})).succeed();
  EXPECT_EQ(script.expect_finish(AnswerSource::selected, StopReason::answered).answer_call.value, "c2");
}

TEST(Episode, in_simple_mode_final_changes_nothing) {
  for (const char* arguments : {"{}", R"({"final":true})", R"({"final":false})"}) {
    Script script(simple_spec());
    script.reply(saying({{"call_cheap", arguments}}));
    EXPECT_TRUE(script.expect_calls(1).relay) << arguments;
    script.succeed().expect_finish(AnswerSource::selected, StopReason::answered);
  }
}

TEST(Episode, a_relayed_answer_that_breaks_cannot_be_replaced) {
  Script script;
  script.reply(committing("cheap")).fail_all(ErrorKind::stream_interrupted, true);
  const Outcome& outcome = script.expect_finish(AnswerSource::none, StopReason::calls_failed);
  EXPECT_EQ(outcome.error->kind, ErrorKind::stream_interrupted);
  EXPECT_TRUE(outcome.relayed);

  Script left;
  left.reply(committing("cheap")).fail_all(ErrorKind::cancelled, true).expect_finish(AnswerSource::none, StopReason::cancelled);
}

TEST(Episode, an_empty_decision_ends_the_episode_at_once) {
  Script bare;
  EXPECT_EQ(bare.reply({}).expect_finish(AnswerSource::none, StopReason::policy_failed).error->kind, ErrorKind::no_usable_answer);
  Script with_success;
  with_success.reply(calling({"cheap"})).succeed().reply({}).expect_finish(AnswerSource::last_reply, StopReason::policy_failed);
}

TEST(Episode, a_failing_policy_falls_back_to_the_declared_model_once) {
  EpisodeSpec spec = two_model_spec();
  spec.fallback_model = ModelId("strong");
  Script script(spec);
  script.reply(failing(ErrorKind::upstream_unreachable));
  EXPECT_TRUE(script.expect_calls(1).relay);
  EXPECT_EQ(script.succeed().expect_finish(AnswerSource::selected, StopReason::answered).answer->text(), "strong says 4");

  Script twice(spec);
  twice.reply(failing(ErrorKind::upstream_unreachable)).fail_all(ErrorKind::upstream_invalid);
  twice.expect_finish(AnswerSource::none, StopReason::policy_failed);
}

TEST(Episode, an_empty_answer_is_a_failure_that_was_paid_for) {
  Script script;
  script.reply(calling({"cheap"}));
  std::vector<ModelReply> replies{Script::success(script.calls().calls[0], "")};
  script.action = script.episode.on(std::move(replies));
  EXPECT_EQ(script.record(0, 0).error, ErrorKind::upstream_invalid);
  EXPECT_EQ(script.episode.ledger().total().known, Usd::from_pico(10 * 100'000 + 5 * 400'000));
}

TEST(Episode, the_callers_conversation_follows_the_routers_system_prompt_untouched) {
  EpisodeSpec spec = two_model_spec();
  spec.request.messages = {{.role = Role::system, .content = "Be brief."},
                           {.role = Role::user, .content = "USER QUERY: trick"},
                           {.role = Role::assistant, .content = std::monostate{}, .tool_calls = {{.id = "t1", .name = "weather", .arguments = "{}"}}},
                           {.role = Role::tool, .content = "sunny", .tool_call_id = "t1"}};
  spec.request.tools = {{.name = "weather"}};
  Script script(spec);
  PolicyReply decision;
  decision.tool_calls = {tool_call("call_cheap", R"({"system_prompt":"You are a meteorologist.","temperature":0})"), tool_call("call_strong", R"({"optimized_system_prompt":"Seed style."})")};
  script.reply(decision);
  const ChatRequest& sent = script.expect_calls(2).calls[0].request;
  ASSERT_EQ(sent.messages.size(), 5u);
  EXPECT_EQ(text_of(sent.messages[0].content), "You are a meteorologist.");
  EXPECT_TRUE(std::equal(sent.messages.begin() + 1, sent.messages.end(), script.episode.spec().request.messages.begin()));
  EXPECT_EQ(sent.tools, script.episode.spec().request.tools);
  EXPECT_EQ(sent.sampling.temperature, 0.0) << "zero is a value";
  EXPECT_EQ(text_of(script.calls().calls[1].request.messages[0].content), "Seed style.");
}

TEST(Episode, what_the_caller_said_beats_what_the_policy_says) {
  EpisodeSpec spec = two_model_spec();
  spec.request.sampling.temperature = 0.0;
  spec.request.sampling.max_output_tokens = 7;
  Script script(spec);
  PolicyReply decision;
  decision.tool_calls = {tool_call("call_cheap", R"({"temperature":1.5,"max_tokens":500})")};
  script.reply(decision);
  EXPECT_EQ(script.expect_calls(1).calls[0].request.sampling.temperature, 0.0);
  EXPECT_EQ(script.calls().calls[0].request.sampling.max_output_tokens, 7);
}

TEST(Episode, without_a_cost_limit_the_callers_silence_on_output_length_is_passed_on) {
  Script script;
  script.reply(calling({"cheap"}));
  EXPECT_EQ(script.expect_calls(1).calls[0].request.sampling.max_output_tokens, std::nullopt);
  EXPECT_TRUE(script.calls().calls[0].reserved.has_value()) << "the worst case is known to the ledger all the same";
}

TEST(Episode, a_call_that_does_not_fit_the_cost_limit_is_refused_before_it_is_made) {
  // strong: 24 prompt tokens * 3e6 + 100 * 15e6 pico-dollars = 0.001572 USD.
  Script script(limited(*Usd::parse("0.001")));
  script.reply(calling({"strong", "cheap"})).expect_calls(1);
  EXPECT_EQ(script.calls().calls[0].model->id.value, "cheap");
  EXPECT_EQ(script.record(0, 0).error, ErrorKind::insufficient_quota);
  EXPECT_EQ(script.calls().calls[0].request.sampling.max_output_tokens, 100) << "the cap makes the reservation true";
}

TEST(Episode, every_choice_of_a_call_is_reserved) {
  EpisodeSpec spec = limited(*Usd::parse("0.001"));
  spec.request.sampling.n = 20;
  spec.request.sampling.max_output_tokens = 100;
  Script script(spec);
  // cheap: 20 choices of 100 tokens at 0.4 USD per million are 0.0008 USD; strong would be 0.03.
  script.reply(calling({"strong", "cheap"})).expect_calls(1);
  EXPECT_GE(*script.calls().calls[0].reserved, Usd::from_pico(20 * 100 * 400'000));
  EXPECT_EQ(script.calls().calls[0].request.sampling.max_output_tokens, 100) << "the limit of one choice";
}

TEST(Episode, without_any_limit_the_models_own_maximum_is_reserved) {
  Script script;
  script.reply(calling({"cheap"}));
  EXPECT_EQ(script.expect_calls(1).calls[0].reserved, Usd::from_pico(std::int64_t{2} * (24 * 100'000 + 4'096 * 400'000)));
}

TEST(Episode, a_tight_token_limit_shortens_the_answer_before_it_refuses_the_call) {
  EpisodeSpec spec = two_model_spec();
  spec.limits.max_tokens = 1'000;
  spec.limits.default_output_tokens = 500;
  Script script(spec);
  script.reply(calling({"cheap"}));
  EXPECT_EQ(script.expect_calls(1).calls[0].request.sampling.max_output_tokens, 500);
}

TEST(Episode, the_token_limit_holds_for_router_turns_too) {
  EpisodeSpec spec = two_model_spec();
  spec.router = spec.catalog->find(ModelId("cheap"));
  spec.limits.max_tokens = 10;
  Script script(spec);
  EXPECT_EQ(script.expect_finish(AnswerSource::none, StopReason::cost_limit).error->kind, ErrorKind::insufficient_quota);
}

TEST(Episode, the_policy_is_told_beforehand_when_its_own_text_cannot_be_the_answer) {
  const auto told = [](auto demand) {
    EpisodeSpec spec = two_model_spec();
    demand(spec.request);
    return Script(spec).episode.prompt().may_answer;
  };
  EXPECT_TRUE(told([](ChatRequest&) {}));
  EXPECT_TRUE(told([](ChatRequest& r) { r.tool_choice = {R"("auto")"}; }));
  EXPECT_FALSE(told([](ChatRequest& r) { r.tool_choice = {R"("required")"}; }));
  EXPECT_FALSE(told([](ChatRequest& r) { r.sampling.logprobs = true; }));
  EXPECT_FALSE(told([](ChatRequest& r) { r.sampling.n = 2; }));
}

TEST(Episode, a_policy_that_may_neither_call_nor_answer_nor_select_is_not_asked) {
  EpisodeSpec spec = two_model_spec();
  spec.request.sampling.logprobs = true;
  spec.limits.max_calls = 1;
  Script script(spec);
  script.reply(calling({"cheap"})).fail_all(ErrorKind::upstream_unreachable);
  const Outcome& outcome = script.expect_finish(AnswerSource::none, StopReason::calls_failed);
  EXPECT_EQ(outcome.error->kind, ErrorKind::upstream_unreachable);
}

TEST(Episode, the_policys_own_text_honours_what_the_caller_demands) {
  EpisodeSpec spec = two_model_spec();
  spec.request.sampling.stop = {"END"};
  Script cut(spec);
  EXPECT_EQ(cut.reply(answering("four END five")).expect_finish(AnswerSource::direct, StopReason::answered).answer->text(), "four ");

  const auto refused = [](auto&& change) {
    EpisodeSpec demanding = two_model_spec();
    demanding.fallback_model = ModelId("cheap");
    change(demanding.request);
    Script script(demanding);
    script.reply(answering("a text of some length"));
    return std::holds_alternative<CallModels>(script.action);
  };
  EXPECT_TRUE(refused([](ChatRequest& r) { r.tool_choice = {R"("required")"}; }));
  EXPECT_TRUE(refused([](ChatRequest& r) { r.tool_choice = {R"({"type":"function","function":{"name":"f"}})"}; }));
  EXPECT_TRUE(refused([](ChatRequest& r) { r.sampling.logprobs = true; }));
  EXPECT_TRUE(refused([](ChatRequest& r) { r.sampling.max_output_tokens = 1; }));
  EXPECT_FALSE(refused([](ChatRequest& r) { r.tool_choice = {R"("auto")"}; }));
}

TEST(Episode, a_cut_off_text_of_the_policy_says_so) {
  Script script;
  PolicyReply reply = answering("and then");
  reply.finish_reason = FinishReason::length;
  const Outcome& outcome = script.reply(reply).expect_finish(AnswerSource::direct, StopReason::answered);
  EXPECT_EQ(outcome.answer->choices.front().finish_reason, FinishReason::length);
}

TEST(Episode, calls_of_one_turn_share_one_budget) {
  // One attempt of cheap is at most 24 * 0.1e6 + 100 * 0.4e6 = 42.4e6 pico-dollars: three fit, not four.
  Script script(limited(Usd::from_pico(140'000'000)));
  script.reply(calling({"cheap", "cheap", "cheap"})).expect_calls(2);
  EXPECT_EQ(script.calls().calls[0].max_attempts, 2);
  EXPECT_EQ(script.calls().calls[1].max_attempts, 1) << "retries are given up before the call is";
  Usd reserved = Usd::zero();
  for (const ModelCall& call : script.calls().calls) reserved += *call.reserved;
  EXPECT_LE(reserved, Usd::from_pico(140'000'000));
}

TEST(Episode, settlement_frees_what_was_reserved_but_not_spent) {
  Script script(limited(Usd::from_pico(100'000'000)));
  script.reply(calling({"cheap"})).succeed().expect_ask();
  EXPECT_EQ(script.episode.prompt().cost_left, Usd::from_pico(100'000'000 - 3'000'000));
}

PolicyReply giving_up_for_cost() {
  PolicyReply reply;
  reply.error = Error{.kind = ErrorKind::insufficient_quota, .public_text = "too dear"};
  return reply;
}

TEST(Episode, a_policy_that_finds_every_model_too_dear_stops_at_the_cost_limit) {
  Script script(limited(Usd::from_pico(1)));
  script.reply(giving_up_for_cost());
  EXPECT_EQ(script.expect_finish(AnswerSource::none, StopReason::cost_limit).error->kind, ErrorKind::insufficient_quota);
}

TEST(Episode, a_fallback_that_is_too_dear_as_well_stops_at_the_cost_limit) {
  EpisodeSpec spec = limited(Usd::from_pico(1));
  spec.fallback_model = ModelId("cheap");
  Script script(spec);
  script.reply(giving_up_for_cost());
  const Outcome& outcome = script.expect_finish(AnswerSource::none, StopReason::cost_limit);
  EXPECT_EQ(outcome.error->kind, ErrorKind::insufficient_quota);
  EXPECT_EQ(outcome.error->public_text, kNothingAffordable);
}

TEST(Episode, too_dear_after_a_success_gives_that_success) {
  Script script(limited(Usd::from_pico(100'000'000)));
  script.reply(calling({"cheap"})).succeed().reply(giving_up_for_cost());
  script.expect_finish(AnswerSource::last_reply, StopReason::cost_limit);
}

TEST(Episode, nothing_fits_ends_with_a_quota_error) {
  Script script(limited(Usd::from_pico(1)));
  script.reply(calling({"cheap"})).reply(calling({"cheap"})).reply(calling({"strong"}));
  EXPECT_EQ(script.expect_finish(AnswerSource::none, StopReason::cost_limit).error->kind, ErrorKind::insufficient_quota);
}

TEST(Episode, a_model_without_a_price_is_refused_under_a_cost_limit_and_allowed_without) {
  ModelSpec unpriced = priced_model("mystery");
  unpriced.price = {};
  EpisodeSpec spec = limited(*Usd::parse("1"));
  spec.catalog = *ModelCatalog::make({unpriced});
  spec.offered = offer_all(*spec.catalog);
  Script script(spec);
  script.reply(calling({"mystery"})).expect_ask();
  EXPECT_NE(script.record(0, 0).message.find("price is unknown"), std::string::npos);
  spec.limits.max_cost.reset();
  Script free_script(spec);
  free_script.reply(calling({"mystery"})).expect_calls(1);
  EXPECT_EQ(free_script.calls().calls[0].reserved, std::nullopt);
}

TEST(Episode, the_routers_own_turns_are_charged_and_reserved) {
  EpisodeSpec spec = limited(Usd::from_pico(2'500'000'000));
  spec.router = spec.catalog->find(ModelId("cheap"));
  Script script(spec);
  PolicyReply decision = calling({"cheap"});
  AttemptRecord spent{.model = ModelId("cheap"), .usage = {.prompt_tokens = 900, .completion_tokens = 50}, .usage_source = UsageSource::reported};
  spent.cost = Cost::exactly(Usd::from_pico(2'000'000'000));
  decision.attempts.push_back(spent);
  script.reply(decision).succeed();
  EXPECT_EQ(script.episode.ledger().total(Spender::router).known, Usd::from_pico(2'000'000'000));
  // What is left does not cover another decision, so the success is the answer.
  script.expect_finish(AnswerSource::last_reply, StopReason::cost_limit);
}

TEST(Episode, the_token_limit_counts_what_is_under_way) {
  EpisodeSpec spec = two_model_spec();
  spec.limits.max_tokens = 200;
  spec.limits.default_output_tokens = 100;
  Script script(spec);
  script.reply(calling({"cheap", "cheap"})).expect_calls(1);
  EXPECT_NE(script.record(0, 1).message.find("limit of 200 tokens"), std::string::npos);
}

TEST(Episode, an_expired_episode_answers_with_its_latest_success) {
  Script script;
  script.reply(calling({"cheap"})).succeed().expire(ErrorKind::deadline_exceeded);
  script.expect_finish(AnswerSource::last_reply, StopReason::deadline);

  Script without;
  EXPECT_EQ(without.expire(ErrorKind::deadline_exceeded).expect_finish(AnswerSource::none, StopReason::deadline).error->kind, ErrorKind::deadline_exceeded);
}

TEST(Episode, calls_that_end_with_the_scope_end_the_episode) {
  Script script;
  script.reply(calling({"cheap"})).fail_all(ErrorKind::deadline_exceeded).expect_finish(AnswerSource::none, StopReason::deadline);
  Script gone;
  gone.reply(calling({"cheap"})).fail_all(ErrorKind::cancelled).expect_finish(AnswerSource::none, StopReason::cancelled);
  Script policy;
  policy.reply(failing(ErrorKind::deadline_exceeded)).expect_finish(AnswerSource::none, StopReason::deadline);
}

TEST(Episode, calls_that_fail_alike_name_their_failure_and_mixed_ones_do_not) {
  Script alike(simple_spec());
  alike.reply(calling({"cheap", "strong"})).fail_all(ErrorKind::context_length);
  EXPECT_EQ(alike.expect_finish(AnswerSource::none, StopReason::calls_failed).error->kind, ErrorKind::context_length);

  Script mixed(simple_spec());
  mixed.reply(calling({"cheap", "strong"}));
  std::vector<ModelReply> replies(2);
  replies[0] = {.call = CallId("c1"), .reply = fail(ErrorKind::context_length, "too long")};
  replies[1] = {.call = CallId("c2"), .reply = fail(ErrorKind::upstream_invalid, "nonsense")};
  mixed.action = mixed.episode.on(std::move(replies));
  EXPECT_EQ(mixed.expect_finish(AnswerSource::none, StopReason::calls_failed).error->kind, ErrorKind::no_usable_answer);
}

TEST(Episode, the_ledger_lists_every_attempt_of_every_spender) {
  Script script;
  PolicyReply decision = calling({"cheap", "strong"});
  decision.attempts.push_back({.model = ModelId("router"), .cost = Cost::exactly(Usd::from_pico(7))});
  script.reply(decision);
  ModelReply retried = Script::success(script.calls().calls[0], "4");
  retried.attempts.insert(retried.attempts.begin(), {.model = ModelId("cheap"), .error = ErrorKind::upstream_unreachable, .http_status = 503});
  std::vector<ModelReply> replies{std::move(retried), Script::success(script.calls().calls[1], "4")};
  script.action = script.episode.on(std::move(replies));
  script.reply(selecting("c1"));
  script.expect_finish(AnswerSource::selected, StopReason::answered);
  const auto& lines = script.episode.ledger().lines();
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0].spender, Spender::router);
  EXPECT_EQ(lines[2].attempt, 2);
  const Usd cheap = Usd::from_pico(10 * 100'000 + 5 * 400'000), strong = Usd::from_pico(10 * 3'000'000 + 5 * 15'000'000);
  EXPECT_EQ(script.episode.ledger().total().known, Usd::from_pico(7) + cheap + strong) << "the losing call is paid too";
}

TEST(Episode, a_turn_keeps_what_its_policy_was_told_and_how_it_came_to_its_decision) {
  EpisodeSpec spec = two_model_spec();
  spec.limits.max_calls = 1;
  spec.limits.max_cost = *Usd::parse("1");
  Script script(std::move(spec));
  PolicyReply first = calling({"cheap"});
  first.attempts.push_back({.model = ModelId("router"), .cost = Cost::exactly(Usd::from_pico(7))});
  first.trace = std::make_shared<const TokenTrace>();
  script.reply(first).succeed();
  const std::optional<Usd> left = script.episode.prompt().cost_left;
  EXPECT_FALSE(script.episode.prompt().may_call);
  script.reply(answering("4"));
  const std::vector<Turn>& turns = script.episode.transcript().turns;
  ASSERT_EQ(turns.size(), 2u);
  EXPECT_TRUE(turns[0].could_call);
  EXPECT_EQ(turns[0].cost_left, *Usd::parse("1")) << "what was left before the decision was paid for";
  EXPECT_EQ(turns[0].trace, first.trace);
  EXPECT_FALSE(turns[1].could_call);
  EXPECT_EQ(turns[1].cost_left, left);
  EXPECT_EQ(turns[1].trace, nullptr);
}

TEST(EpisodeDeathTest, misuse_by_a_driver_ends_the_process) {
  EXPECT_DEATH({ Episode episode(two_model_spec()); episode.start(); episode.start(); }, "starts once");
  EXPECT_DEATH({ Episode episode(two_model_spec()); episode.on(answering("x")); }, "when it was asked");
}

}  // namespace
}  // namespace xrouter
