// Whole episodes on a fake clock, observed into a real ledger and read back.
#include "xrouter/store/ledger_observer.hpp"

#include <gtest/gtest.h>

#include "xrouter/engine/drive.hpp"
#include "xrouter/store/ledger_reader.hpp"
#include "xrouter/store/savings.hpp"
#include "xrouter/store/test_support.hpp"
#include "xrouter/store/verify.hpp"
#include "xrouter/testing/fixtures.hpp"
#include "xrouter/testing/scripted.hpp"
#include "xrouter/testing/world.hpp"

namespace xrouter::store {
namespace {

using namespace std::chrono_literals;

class Observed : public ::testing::Test {
 protected:
  Observed() {
    auto opened = LedgerStore::open({.path = temp_.file("ledger.db")});
    EXPECT_TRUE(opened) << opened.error().describe();
    store_ = std::move(*opened);
  }

  // Returns what the engine itself charged.
  Cost run(const std::string& id, EpisodeSpec spec = two_model_spec()) {
    return run_with({.request = RequestId(id), .model = "xrouter", .policy = "scripted", .config_hash = "c0ffee"}, std::move(spec));
  }
  Cost run_with(RequestFacts facts, EpisodeSpec spec = two_model_spec()) {
    CallScope scope(world_.executor(), world_.timers(), Deadline::after(world_.now(), 60s), facts.request.value);
    LedgerObserver observer(*store_, world_.timers().clock(), std::move(facts));
    Episode episode(std::move(spec));
    (void)world_.run(drive(episode, policy_, pool_, observer, scope));
    return episode.ledger().total();
  }
  LedgerReader reader() {
    EXPECT_TRUE(store_->flush());
    auto opened = LedgerReader::open(temp_.file("ledger.db"));
    EXPECT_TRUE(opened) << opened.error().describe();
    return std::move(*opened);
  }
  static ScriptedReply slow(Duration delay) {
    ScriptedReply reply;
    reply.delay = delay;
    return reply;
  }

  TempFolder temp_;
  std::unique_ptr<LedgerStore> store_;
  World world_;
  ScriptedPolicy policy_;
  ScriptedPool pool_;
};

TEST_F(Observed, every_turn_call_and_attempt_of_an_episode_is_in_the_ledger) {
  PolicyReply first = calling({"cheap", "strong"});
  AttemptRecord decision = attempt_costing(77);
  decision.latency = 100ms;
  first.attempts = {decision};
  policy_.then(std::move(first), 100ms).then(selecting("c2"), 40ms);
  pool_.on("cheap", scripted_failure(ErrorKind::upstream_unreachable, 1s)).on("strong", slow(2s));
  const Cost charged = run("r1");

  auto ledger = reader();
  auto detail = ledger.request("r1");
  ASSERT_TRUE(detail) << detail.error().describe();
  EXPECT_EQ(detail->request.cost, charged);
  EXPECT_EQ(detail->request.status, "ok");
  EXPECT_EQ(detail->request.source, "selected");
  EXPECT_EQ(detail->request.answer_model, "strong");
  EXPECT_EQ(detail->request.latency, 2140ms);
  EXPECT_EQ(detail->overhead, 40ms) << "the decision that called nobody is our own time";
  ASSERT_EQ(detail->turns.size(), 2u);
  EXPECT_EQ(detail->turns[0].tool_calls, 2);
  ASSERT_EQ(detail->calls.size(), 2u);
  EXPECT_EQ(detail->calls[0].status, "upstream_unreachable");
  EXPECT_TRUE(detail->calls[0].reserved.has_value());
  ASSERT_EQ(detail->attempts.size(), 3u);
  EXPECT_EQ(detail->attempts[0].spender, "router");
  EXPECT_EQ(detail->attempts[0].cost.known, Usd::from_pico(77));
  EXPECT_EQ(detail->attempts[2].cost.known, Usd::from_pico(10 * 3'000'000 + 5 * 15'000'000));
}

TEST_F(Observed, the_ledger_equals_the_engines_own_sums_to_the_pico_dollar) {
  Usd sum = Usd::zero();
  for (int i = 0; i < 30; ++i) {
    policy_ = ScriptedPolicy();
    if (i % 3 == 0) policy_.then(calling({"cheap", "strong"})).then(selecting(i % 2 ? "c1" : "c2"));
    if (i % 3 == 1) policy_.then(committing("cheap"));
    if (i % 3 == 2) policy_.then(calling({"cheap"})).then(answering("by myself"));
    if (i % 5 == 0) pool_.on("cheap", scripted_failure(ErrorKind::attempt_timeout));
    sum += run("r" + std::to_string(i)).known;
  }
  auto ledger = reader();
  EXPECT_EQ(ledger.totals()->cost.known, sum);
  auto report = verify(ledger);
  ASSERT_TRUE(report) << report.error().describe();
  EXPECT_TRUE(report->sound()) << (report->faults.empty() ? "" : report->faults[0].what);
  EXPECT_EQ(report->requests, 30);
  EXPECT_EQ(report->lines_total, sum);
  EXPECT_EQ(report->requests_total, sum);
}

TEST_F(Observed, a_request_with_one_call_takes_two_writes) {
  policy_.then(committing("cheap")).then(committing("cheap"));
  run("first");  // makes the segment and writes the pool
  const std::uint64_t before = store_->stats().journal_writes;
  run_with({.request = RequestId("r1"), .model = "xrouter", .policy = "p", .decides_at_once = true});
  EXPECT_EQ(store_->stats().journal_writes - before, 2u);
  auto ledger = reader();
  auto detail = ledger.request("r1");
  ASSERT_TRUE(detail) << detail.error().describe();
  EXPECT_EQ(detail->turns.size(), 1u);
  EXPECT_EQ(detail->calls.size(), 1u);
  EXPECT_EQ(detail->attempts.size(), 1u);
  EXPECT_EQ(detail->request.status, "ok");
}

TEST_F(Observed, a_decision_that_costs_money_is_reserved_and_settled) {
  EpisodeSpec spec = two_model_spec();
  spec.router = spec.offered[1].spec;
  PolicyReply first = calling({"cheap"});
  first.attempts = {attempt_costing(77)};
  policy_.then(std::move(first)).then(selecting("c1"));
  const auto bound = [](const DecisionPrompt& prompt) { return std::optional(Usd::from_pico(1000 * prompt.turn)); };
  run_with({.request = RequestId("r1"), .model = "xrouter", .policy = "remote", .policy_bills = true, .decision_bound = bound}, spec);
  auto ledger = reader();
  EXPECT_EQ(*ledger.database().integer("SELECT reserved_pico FROM turns WHERE turn = 1 AND status = 'ok' AND model = 'strong' AND tool_calls = 1"), 1000);
  EXPECT_EQ(*ledger.database().integer("SELECT reserved_pico FROM turns WHERE turn = 2 AND status = 'ok'"), 2000);
  auto report = verify(ledger);
  EXPECT_TRUE(report->sound()) << (report->faults.empty() ? "" : report->faults[0].what);
  EXPECT_TRUE(report->notes.empty()) << report->notes[0].what;
}

TEST_F(Observed, an_observer_that_dies_early_closes_its_request_as_lost) {
  {
    LedgerObserver observer(*store_, world_.timers().clock(), {.request = RequestId("r1"), .model = "xrouter", .policy = "p"});
    const EpisodeSpec spec = two_model_spec();
    observer.on(EpisodeStarted{spec});
    ModelCall call{.id = CallId("c1"), .turn = 1, .model = spec.offered[0].spec, .request = spec.request, .reserved = Usd::from_pico(500)};
    observer.on(CallStarted{call});
  }
  auto ledger = reader();
  EXPECT_EQ(ledger.totals()->lost, 1);
  EXPECT_EQ(ledger.totals()->cost, (Cost{.known = Usd::from_pico(500), .complete = true, .estimated = true}));
}

TEST_F(Observed, savings_compare_with_the_dearest_offered_model) {
  policy_.then(committing("strong"));
  run("r1");
  auto alone = reader();
  EXPECT_EQ(savings(alone, "")->saved(), Usd::zero()) << "asking the strongest saves nothing";

  // The reference's own answers have 5 tokens in the mean; the cheap answer has 50.
  ScriptedReply talkative;
  talkative.reply = text_reply("long", Usage{.prompt_tokens = 20, .completion_tokens = 50});
  policy_.then(committing("cheap"));
  pool_.on("cheap", talkative);
  run("r2");
  auto ledger = reader();
  auto result = savings(ledger, "");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->reference, "strong");
  EXPECT_EQ(result->compared, 2);
  EXPECT_EQ(result->exact, 1);
  EXPECT_EQ(result->by_own_mean, 1);
  const std::int64_t exact = 10 * 3'000'000 + 5 * 15'000'000, estimate = 20 * 3'000'000 + 5 * 15'000'000;
  EXPECT_EQ(result->reference_cost, Usd::from_pico(exact + estimate));
  EXPECT_EQ(result->spent, Usd::from_pico(exact + 20 * 100'000 + 50 * 400'000));
  EXPECT_EQ(savings(ledger, "nobody")->compared, 0);
  EXPECT_EQ(savings(ledger, "nobody")->not_compared, 2);
}

TEST_F(Observed, savings_without_a_word_of_the_reference_use_the_length_of_the_answer) {
  policy_.then(committing("cheap"));
  run("r1");
  auto ledger = reader();
  auto result = savings(ledger, "");
  EXPECT_EQ(result->by_same_length, 1);
  EXPECT_EQ(result->reference_cost, Usd::from_pico(10 * 3'000'000 + 5 * 15'000'000));
}

}  // namespace
}  // namespace xrouter::store
