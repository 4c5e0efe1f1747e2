// The rules of episode.hpp about money, tokens and what else ends an episode early.
#include "xrouter/engine/episode_script_test.hpp"

namespace xrouter {
namespace {

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
