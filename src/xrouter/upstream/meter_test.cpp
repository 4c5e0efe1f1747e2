#include "xrouter/upstream/meter.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace xrouter::upstream {
namespace {

struct Bench {
  ModelSpec model;
  ModelCall call;
  TokenEstimator estimator;
  Bench() {
    model.id = ModelId("m");
    model.price = {.input = Usd::from_pico(1'000'000), .output = Usd::from_pico(3'000'000)};
    call.model = &model;
    call.request.messages.push_back({.role = Role::user, .content = std::string(100, 'q')});
    call.request.sampling.max_output_tokens = 50;
  }
  AttemptRecord billed(Consumption consumption) {
    AttemptRecord record;
    bill(record, call, consumption, estimator);
    return record;
  }
  std::int64_t prompt() const { return kBillingRate.prompt_tokens(call.request); }
};

const Usage kReported{.prompt_tokens = 7, .completion_tokens = 3};

struct Row {
  const char* name;
  Consumption consumption;
  UsageSource source;
  std::int64_t output = 0;
};

TEST(Meter, decides_where_the_counts_come_from) {
  const Row rows[] = {
      {"answered with counts", {true, 200, kReported, 9, {}}, UsageSource::reported, 3},
      {"empty answer with counts", {true, 200, kReported, 0, ErrorKind::upstream_invalid}, UsageSource::reported, 3},
      {"broken stream whose counts had come", {true, 200, kReported, 9, ErrorKind::stream_interrupted}, UsageSource::reported, 3},
      {"answered without counts", {true, 200, {}, 20, {}}, UsageSource::estimated, 6},
      {"200 that is no JSON", {true, 200, {}, 0, ErrorKind::upstream_invalid}, UsageSource::estimated, 0},
      {"stream cut", {true, 200, {}, 40, ErrorKind::stream_interrupted}, UsageSource::estimated, 11},
      {"stream cancelled before its first token", {true, 200, {}, 0, ErrorKind::cancelled}, UsageSource::estimated, 0},
      {"output over the cap", {true, 200, {}, 4000, ErrorKind::cancelled}, UsageSource::estimated, 50},
      {"cancelled while waiting", {true, 0, {}, 0, ErrorKind::cancelled}, UsageSource::estimated, 0},
      {"timed out while waiting", {true, 0, {}, 0, ErrorKind::attempt_timeout}, UsageSource::estimated, 0},
      {"deadline while waiting", {true, 0, {}, 0, ErrorKind::deadline_exceeded}, UsageSource::estimated, 0},
      {"cancelled while connecting", {false, 0, {}, 0, ErrorKind::cancelled}, UsageSource::none},
      {"timed out while connecting", {false, 0, {}, 0, ErrorKind::attempt_timeout}, UsageSource::none},
      {"refused connection", {false, 0, {}, 0, ErrorKind::upstream_unreachable}, UsageSource::none},
      {"broken while the request was written", {false, 0, {}, 0, ErrorKind::upstream_unreachable}, UsageSource::none},
      {"reset before an answer", {true, 0, {}, 0, ErrorKind::upstream_unreachable}, UsageSource::estimated, 0},
      {"429", {true, 429, {}, 0, ErrorKind::upstream_rate_limited}, UsageSource::none},
      {"500", {true, 500, {}, 0, ErrorKind::upstream_unreachable}, UsageSource::none},
      {"400", {true, 400, {}, 0, ErrorKind::upstream_rejected}, UsageSource::none},
  };
  Bench bench;
  for (const Row& row : rows) {
    const AttemptRecord record = bench.billed(row.consumption);
    EXPECT_EQ(record.usage_source, row.source) << row.name;
    EXPECT_EQ(record.usage.completion_tokens, row.output) << row.name;
    EXPECT_EQ(record.cost.estimated, row.source == UsageSource::estimated) << row.name;
    EXPECT_TRUE(record.cost.complete) << row.name;
    if (row.source == UsageSource::none) {
      EXPECT_EQ(record.cost.known, Usd::zero()) << row.name;
    }
    if (row.source == UsageSource::estimated) {
      EXPECT_EQ(record.usage.prompt_tokens, bench.prompt()) << row.name;
    }
    if (row.source == UsageSource::reported) {
      EXPECT_EQ(record.cost.known, Usd::from_pico(7 * 1'000'000 + 3 * 3'000'000)) << row.name;
    }
  }
}

TEST(Meter, an_estimate_never_exceeds_the_reservation) {
  Bench bench;
  for (std::int64_t bytes_per_token : {1, 2, 9}) {
    bench.estimator.bytes_per_token = bytes_per_token;
    const std::int64_t prompt = bench.estimator.prompt_tokens(bench.call.request);
    const Usd reserved = *bench.model.price.worst_case(prompt, *bench.call.request.sampling.max_output_tokens);
    for (std::size_t bytes = 0; bytes < 400; bytes += 7)
      EXPECT_LE(bench.billed({true, 200, {}, bytes, ErrorKind::cancelled}).cost.known, reserved);
  }
}

TEST(Meter, the_output_limit_holds_for_each_choice) {
  Bench bench;
  bench.call.request.sampling.n = 3;
  EXPECT_EQ(bench.billed({true, 200, {}, 4000, ErrorKind::cancelled}).usage.completion_tokens, 150);
  bench.call.request.sampling.max_output_tokens = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(bench.billed({true, 200, {}, 400'000'000, {}}).usage.completion_tokens, kMaxTokensPerReply);
}

TEST(Meter, an_unknown_price_stays_unknown) {
  Bench bench;
  bench.model.price = {};
  EXPECT_EQ(bench.billed({true, 200, kReported, 0, {}}).cost.total(), std::nullopt);
  EXPECT_EQ(bench.billed({true, 500, {}, 0, ErrorKind::upstream_unreachable}).cost.total(), Usd::zero()) << "nothing was used";
}

TEST(Meter, counts_text_reasoning_and_tool_calls_but_not_markers) {
  ChatDelta delta;
  delta.choices.push_back(
      {.index = 0, .role = Role::assistant, .content = "abc", .extra = {{"refusal", {"null"}}, {"reasoning_content", {R"("1\n\u00e9")"}}, {"citations", {R"(["u"])"}}}});
  delta.choices.back().tool_calls.push_back({.index = 0, .name = "f", .arguments = "{}"});
  EXPECT_EQ(output_bytes_of(delta), 3u + 3u + 1u + 2u);
  EXPECT_EQ(output_bytes_of(ChatDelta{}), 0u);
}

}  // namespace
}  // namespace xrouter::upstream
