#include "xrouter/replay/replay_pool.hpp"

#include <gmock/gmock.h>

#include "xrouter/async/join.hpp"
#include "xrouter/replay/test_support.hpp"

namespace xrouter::replay {
namespace {

using boost::asio::awaitable;
using ::testing::HasSubstr;
using std::chrono::milliseconds;

class Replay : public ::testing::Test {
 protected:
  /// A new process, so to speak: the same file, nothing in memory.
  void begin(ReplayOptions options) {
    memory_.reset();
    if (options.mode == ReplayMode::strict) open_store(folder_.file());  // which a strict one does not make
    auto memory = open_memory(folder_.file(), options);
    ASSERT_TRUE(memory) << memory.error().describe();
    memory_ = std::move(*memory);
    new_episode();
  }
  void new_episode() { pool_ = std::make_unique<ReplayPool>(memory_, &live_, std::make_shared<ReplicaCounter>()); }

  ModelReply ask(const ModelCall& call, DeltaSink* sink = nullptr, Deadline deadline = Deadline::never()) {
    CallScope scope(world_.executor(), world_.timers(), deadline, "test");
    return world_.run(pool_->call(call, scope, sink));
  }
  std::vector<ModelReply> ask_at_once(const std::vector<ModelCall>& calls) {
    CallScope scope(world_.executor(), world_.timers(), Deadline::never(), "test");
    std::vector<awaitable<ModelReply>> operations;
    for (const ModelCall& call : calls) operations.push_back(pool_->call(call, scope, nullptr));
    return world_.run(join_all(world_.executor(), std::move(operations)));
  }

  TemporaryFolder folder_;
  World world_;
  ScriptedPool live_;
  ModelSpec model_ = priced_model("cheap", 100'000, 400'000);
  std::shared_ptr<ReplayMemory> memory_;
  std::unique_ptr<ReplayPool> pool_;
};

const ReplayOptions kStrict{.mode = ReplayMode::strict};
const ReplayOptions kRecord{.mode = ReplayMode::record};

ScriptedReply saying(std::string text, Duration delay = Duration::zero()) {
  ScriptedReply reply;
  reply.reply = text_reply(std::move(text), Usage{.prompt_tokens = 100, .completion_tokens = 20, .cached_tokens = 30, .reasoning_tokens = 5});
  reply.delay = delay;
  return reply;
}

TEST_F(Replay, gives_the_recorded_answer_again_without_asking_anybody) {
  live_.on("cheap", saying("four", milliseconds(700)));
  begin({});
  const ModelReply first = ask(call_of(model_));
  begin(kStrict);
  const ModelReply again = ask(call_of(model_));
  ASSERT_TRUE(again.reply) << again.reply.error().describe();
  EXPECT_EQ(live_.calls().size(), 1U);
  EXPECT_EQ(again.reply->text(), "four");
  EXPECT_EQ(again.reply->usage, first.reply->usage);
  EXPECT_EQ(again.reply->id, first.reply->id);
  ASSERT_EQ(again.attempts.size(), 1U);
  EXPECT_EQ(again.attempts[0].cost, first.attempts[0].cost);
  EXPECT_EQ(again.attempts[0].latency, milliseconds(700));
  EXPECT_EQ(again.attempts[0].usage_source, UsageSource::reported);
  EXPECT_EQ(again.attempts[0].http_status, 200);
}

TEST_F(Replay, keeps_tool_calls_and_finish_reasons) {
  ScriptedReply scripted = saying("");
  scripted.reply->choices[0].message.content = {};
  scripted.reply->choices[0].message.tool_calls = {tool_call("look_up", "{\"q\":\"\\u00e9\"}", "t1")};
  scripted.reply->choices[0].finish_reason = FinishReason::tool_calls;
  live_.on("cheap", scripted);
  begin({});
  const ModelReply first = ask(call_of(model_));
  begin(kStrict);
  EXPECT_EQ(ask(call_of(model_)).reply->choices, first.reply->choices);
}

TEST_F(Replay, costs_what_the_tokens_cost_at_the_price_of_now) {
  live_.on("cheap", saying("four"));
  begin({});
  ask(call_of(model_));
  ModelSpec dearer = priced_model("model_k3", 1'000'000, 4'000'000);
  dearer.upstream_model = "cheap";
  dearer.price.date = "2027-01-01";
  begin(kStrict);
  const ModelReply again = ask(call_of(dearer));
  ASSERT_TRUE(again.reply);
  EXPECT_EQ(again.attempts[0].cost, Cost::exactly(Usd::from_pico(100 * 1'000'000 + 20 * 4'000'000)));
  EXPECT_EQ(again.attempts[0].price_version, dearer.price.version());
  EXPECT_EQ(again.attempts[0].model, ModelId("model_k3"));
}

TEST_F(Replay, a_strict_miss_is_an_error_that_names_the_call_and_asks_nobody) {
  begin(kStrict);
  const ModelReply reply = ask(call_of(model_, "My secret question"));
  ASSERT_FALSE(reply.reply);
  EXPECT_EQ(reply.reply.error().kind, ErrorKind::config);
  for (const char* part : {"cheap", "replica 0", "key "}) EXPECT_THAT(reply.reply.error().describe(), HasSubstr(part));
  EXPECT_THAT(reply.reply.error().describe(), Not(HasSubstr("secret")));
  EXPECT_TRUE(live_.calls().empty());
  EXPECT_EQ(memory_->figures().misses, 1);
  EXPECT_TRUE(reply.attempts.empty());
}

TEST_F(Replay, a_miss_is_asked_only_where_that_is_allowed) {
  begin({.mode = ReplayMode::replay, .ask_when_missing = false});
  EXPECT_FALSE(ask(call_of(model_)).reply);
  EXPECT_TRUE(live_.calls().empty());
  begin({});
  EXPECT_TRUE(ask(call_of(model_)).reply);
  EXPECT_EQ(live_.calls().size(), 1U);
}

TEST_F(Replay, recording_anew_replaces_the_older_answer) {
  live_.on("cheap", saying("old")).on("cheap", saying("new"));
  begin(kRecord);
  ask(call_of(model_));
  begin(kRecord);
  EXPECT_EQ(ask(call_of(model_)).reply->text(), "new");
  begin(kStrict);
  EXPECT_EQ(ask(call_of(model_)).reply->text(), "new");
}

TEST_F(Replay, identical_calls_of_an_episode_are_different_samples_and_come_back_in_order) {
  for (const char* text : {"first", "second", "third"}) live_.on("cheap", saying(text));
  begin({});
  std::vector<std::string> seen;
  for (int i = 0; i < 3; ++i) seen.push_back(ask(call_of(model_)).reply->text());
  EXPECT_EQ(seen, (std::vector<std::string>{"first", "second", "third"}));
  begin(kStrict);
  for (const std::string& text : seen) EXPECT_EQ(ask(call_of(model_)).reply->text(), text);
  EXPECT_FALSE(ask(call_of(model_)).reply);
  new_episode();
  EXPECT_EQ(ask(call_of(model_)).reply->text(), "first");
}

TEST_F(Replay, at_temperature_zero_identical_calls_are_one_call) {
  live_.on("cheap", saying("only"));
  begin({});
  ask(call_of(model_, "q", 0.0));
  EXPECT_EQ(ask(call_of(model_, "q", 0.0)).reply->text(), "only");
  EXPECT_EQ(live_.calls().size(), 1U);
}

TEST_F(Replay, the_same_call_under_way_is_made_once_and_shared) {
  live_.on("cheap", saying("only", milliseconds(500)));
  begin({});
  const ModelCall call = call_of(model_, "q", 0.0);
  const auto replies = ask_at_once({call, call, call});
  for (const ModelReply& reply : replies) EXPECT_EQ(reply.reply->text(), "only");
  EXPECT_EQ(live_.calls().size(), 1U);
  EXPECT_EQ(memory_->figures().shared, 2);
  EXPECT_EQ(replies[2].attempts[0].cost, replies[0].attempts[0].cost);  // everybody pays what the answer costs
}

TEST_F(Replay, who_waits_asks_for_themselves_when_the_other_failed) {
  live_.on("cheap", scripted_failure(ErrorKind::upstream_unreachable, milliseconds(100))).on("cheap", saying("second try"));
  begin({});
  const ModelCall call = call_of(model_, "q", 0.0);
  const auto replies = ask_at_once({call, call});
  EXPECT_FALSE(replies[0].reply);
  EXPECT_EQ(replies[1].reply->text(), "second try");
  EXPECT_EQ(memory_->figures().passing, 1);
}

TEST_F(Replay, waiting_for_another_ends_with_the_scope) {
  live_.on("cheap", saying("late", milliseconds(1000)));
  begin({});
  const ModelCall call = call_of(model_, "q", 0.0);
  CallScope patient(world_.executor(), world_.timers(), Deadline::never(), "patient");
  CallScope hasty(patient, milliseconds(200), "hasty", ErrorKind::deadline_exceeded);
  std::vector<awaitable<ModelReply>> operations;
  operations.push_back(pool_->call(call, patient, nullptr));
  operations.push_back(pool_->call(call, hasty, nullptr));
  const auto replies = world_.run(join_all(world_.executor(), std::move(operations)));
  EXPECT_TRUE(replies[0].reply);
  ASSERT_FALSE(replies[1].reply);
  EXPECT_EQ(replies[1].reply.error().kind, ErrorKind::deadline_exceeded);
  EXPECT_TRUE(ask(call).reply);
}

TEST_F(Replay, refusals_of_a_request_are_kept_and_passing_failures_are_not) {
  live_.on("cheap", scripted_failure(ErrorKind::content_filtered)).on("cheap", scripted_failure(ErrorKind::upstream_rate_limited)).on("cheap", saying("at last"));
  begin({});
  EXPECT_FALSE(ask(call_of(model_, "bad", 0.0)).reply);
  EXPECT_FALSE(ask(call_of(model_, "good", 0.0)).reply);
  EXPECT_EQ(ask(call_of(model_, "good", 0.0)).reply->text(), "at last");
  begin(kStrict);
  const ModelReply refused = ask(call_of(model_, "bad", 0.0));
  ASSERT_FALSE(refused.reply);
  EXPECT_EQ(refused.reply.error().kind, ErrorKind::content_filtered);
  ASSERT_EQ(refused.attempts.size(), 1U);
  EXPECT_EQ(refused.attempts[0].error, ErrorKind::content_filtered);
  EXPECT_EQ(refused.attempts[0].cost, Cost{});
}

TEST_F(Replay, passes_calls_of_recorded_models_on) {
  begin(kStrict);
  ModelSpec recorded = model_;
  recorded.upstream = kRecordedUpstream;
  EXPECT_TRUE(ask(call_of(recorded)).reply);
  EXPECT_EQ(live_.calls().size(), 1U);
  EXPECT_EQ(memory_->figures().hits + memory_->figures().misses, 0);
}

TEST_F(Replay, streams_what_was_recorded) {
  live_.on("cheap", saying("four"));
  begin({});
  ask(call_of(model_));
  begin(kStrict);
  CollectingSink sink;
  const ModelReply again = ask(call_of(model_), &sink);
  EXPECT_TRUE(again.relayed);
  EXPECT_EQ(sink.text(), "four");
}

TEST_F(Replay, takes_the_recorded_time_when_told_to_and_charges_nothing_when_cut_short) {
  live_.on("cheap", saying("four", milliseconds(700)));
  begin({});
  ask(call_of(model_));
  begin({.mode = ReplayMode::strict, .replay_latency = true});
  const TimePoint before = world_.now();
  EXPECT_TRUE(ask(call_of(model_)).reply);
  EXPECT_EQ(world_.now() - before, milliseconds(700));
  new_episode();
  const ModelReply cut = ask(call_of(model_), nullptr, Deadline::at(world_.now() + milliseconds(100)));
  ASSERT_FALSE(cut.reply);
  EXPECT_EQ(cut.reply.error().kind, ErrorKind::deadline_exceeded);
  EXPECT_EQ(cut.attempts[0].cost, Cost{});
}

TEST_F(Replay, an_answer_that_cannot_be_kept_is_given_and_nothing_more_is_asked) {
  live_.on("cheap", saying("small")).on("cheap", saying(std::string(3'000'000, 'x') + std::to_string(::getpid())));
  std::string noise;
  for (std::uint64_t i = 0; i < 200'000; ++i) noise += static_cast<char>(' ' + (i * i * 2654435761U >> 13U) % 90);  // does not pack
  live_.on("cheap", saying(noise)).on("cheap", saying("never asked"));
  auto store = ReplayStore::open({.file = folder_.file(), .max_bytes = 64 * 1024});
  ASSERT_TRUE(store) << store.error().describe();
  memory_ = std::make_shared<ReplayMemory>(*store, ReplayOptions{});
  new_episode();
  EXPECT_TRUE(ask(call_of(model_, "a")).reply);
  EXPECT_TRUE(ask(call_of(model_, "b")).reply);
  EXPECT_FALSE(memory_->broken());
  EXPECT_EQ(ask(call_of(model_, "c")).reply->text(), noise);
  ASSERT_TRUE(memory_->broken());
  EXPECT_THAT(memory_->broken()->describe(), HasSubstr("full"));
  const ModelReply refused = ask(call_of(model_, "d"));
  ASSERT_FALSE(refused.reply);
  EXPECT_EQ(refused.reply.error().kind, ErrorKind::io);
  EXPECT_EQ(live_.calls().size(), 3U);
  new_episode();
  EXPECT_EQ(ask(call_of(model_, "a")).reply->text(), "small");  // what is there is still given
}

}  // namespace
}  // namespace xrouter::replay
