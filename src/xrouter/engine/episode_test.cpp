// The rules of episode.hpp, one test a rule, without I/O and without a clock; those of money and tokens stand in
// episode_limits_test.cpp.
#include "xrouter/engine/episode_script_test.hpp"

namespace xrouter {
namespace {

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

}  // namespace
}  // namespace xrouter
