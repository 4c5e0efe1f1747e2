#include "xrouter/upstream/gate.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace xrouter::upstream {
namespace {

using namespace std::chrono_literals;

struct Bench {
  TimePoint now{std::chrono::hours(1)};
  UpstreamGate gate{{.consecutive_failures = 3, .open_for = 10s, .max_in_flight = 4}};

  void attempt(std::optional<ErrorKind> failure) {
    Result<UpstreamGate::Pass> pass = gate.admit(now);
    ASSERT_TRUE(pass) << pass.error().describe();
    const Error error{.kind = failure.value_or(ErrorKind::internal), .public_text = "x"};
    pass->settle(failure ? &error : nullptr, now);
  }
  std::optional<ErrorKind> refusal() {
    Result<UpstreamGate::Pass> pass = gate.admit(now);
    return pass ? std::nullopt : std::optional(pass.error().kind);
  }
  GateState state() const { return gate.gauges().state; }
};

TEST(Gate, opens_after_consecutive_failures_and_closes_after_one_good_probe) {
  Bench bench;
  for (int i = 0; i < 3; ++i) bench.attempt(ErrorKind::upstream_unreachable);
  EXPECT_EQ(bench.state(), GateState::open);
  EXPECT_EQ(bench.refusal(), ErrorKind::upstream_unreachable);
  bench.now += 10s - 1ns;
  EXPECT_EQ(bench.refusal(), ErrorKind::upstream_unreachable);
  bench.now += 1ns;
  bench.attempt(std::nullopt);
  EXPECT_EQ(bench.state(), GateState::closed);
  EXPECT_EQ(bench.gate.gauges().opened, 1u);
  EXPECT_EQ(bench.gate.gauges().refused, 2u);
}

TEST(Gate, a_success_in_between_starts_the_count_again) {
  Bench bench;
  for (int i = 0; i < 10; ++i) {
    bench.attempt(ErrorKind::upstream_unreachable);
    bench.attempt(ErrorKind::attempt_timeout);
    bench.attempt(std::nullopt);
  }
  EXPECT_EQ(bench.state(), GateState::closed);
}

TEST(Gate, only_failures_of_the_upstream_itself_count) {
  const std::vector<ErrorKind> counting{ErrorKind::upstream_unreachable, ErrorKind::attempt_timeout, ErrorKind::upstream_invalid,
                                        ErrorKind::stream_interrupted};
  for (int i = 0; i < kErrorKindCount; ++i) {
    const auto kind = static_cast<ErrorKind>(i);
    Bench bench;
    for (int n = 0; n < 3; ++n) bench.attempt(kind);
    const bool counts = std::find(counting.begin(), counting.end(), kind) != counting.end();
    EXPECT_EQ(bench.state(), counts ? GateState::open : GateState::closed) << label_of(kind);
  }
}

TEST(Gate, bad_requests_in_between_do_not_hide_a_failing_upstream) {
  Bench bench;
  for (int i = 0; i < 3; ++i) {
    bench.attempt(ErrorKind::upstream_unreachable);
    if (i < 2) bench.attempt(ErrorKind::upstream_rejected);
  }
  EXPECT_EQ(bench.state(), GateState::open);
}

TEST(Gate, half_open_lets_exactly_one_probe_pass) {
  Bench bench;
  for (int i = 0; i < 3; ++i) bench.attempt(ErrorKind::upstream_unreachable);
  bench.now += 10s;
  Result<UpstreamGate::Pass> probe = bench.gate.admit(bench.now);
  ASSERT_TRUE(probe);
  EXPECT_EQ(bench.state(), GateState::half_open);
  EXPECT_EQ(bench.refusal(), ErrorKind::upstream_unreachable);
  const Error again{.kind = ErrorKind::attempt_timeout, .public_text = "x"};
  bench.now += 2s;
  probe->settle(&again, bench.now);
  EXPECT_EQ(bench.state(), GateState::open);
  bench.now += 9s;
  EXPECT_EQ(bench.refusal(), ErrorKind::upstream_unreachable) << "open again for the whole time";
}

TEST(Gate, an_answer_of_the_400_class_proves_that_the_upstream_lives) {
  Bench bench;
  for (int i = 0; i < 3; ++i) bench.attempt(ErrorKind::upstream_unreachable);
  bench.now += 10s;
  bench.attempt(ErrorKind::upstream_rejected);
  EXPECT_EQ(bench.state(), GateState::closed);
}

TEST(Gate, a_cancelled_probe_leaves_the_place_to_the_next_one) {
  Bench bench;
  for (int i = 0; i < 3; ++i) bench.attempt(ErrorKind::upstream_unreachable);
  bench.now += 10s;
  bench.attempt(ErrorKind::cancelled);
  EXPECT_EQ(bench.state(), GateState::half_open);
  { Result<UpstreamGate::Pass> dropped = bench.gate.admit(bench.now); }
  bench.attempt(std::nullopt);
  EXPECT_EQ(bench.state(), GateState::closed);
}

TEST(Gate, a_late_failure_of_an_older_attempt_does_not_prolong_the_pause) {
  Bench bench;
  Result<UpstreamGate::Pass> slow = bench.gate.admit(bench.now);
  for (int i = 0; i < 3; ++i) bench.attempt(ErrorKind::upstream_unreachable);
  bench.now += 9s;
  const Error late{.kind = ErrorKind::attempt_timeout, .public_text = "x"};
  slow->settle(&late, bench.now);
  bench.now += 1s;
  EXPECT_EQ(bench.refusal(), std::nullopt);
}

TEST(Gate, the_cap_on_calls_in_flight_refuses_the_next_one) {
  Bench bench;
  std::vector<UpstreamGate::Pass> passes;
  for (int i = 0; i < 4; ++i) passes.push_back(std::move(*bench.gate.admit(bench.now)));
  EXPECT_EQ(bench.refusal(), ErrorKind::overloaded);
  passes.pop_back();
  EXPECT_EQ(bench.gate.gauges().in_flight, 3);
  EXPECT_EQ(bench.refusal(), std::nullopt);
  passes.front().settle(nullptr, bench.now);
  passes.front().settle(nullptr, bench.now);
  EXPECT_EQ(bench.gate.gauges().in_flight, 2) << "settled once";
}

TEST(Gate, zero_failures_means_the_breaker_never_opens) {
  TimePoint now{std::chrono::hours(1)};
  UpstreamGate gate({.consecutive_failures = 0, .open_for = 10s, .max_in_flight = 4});
  const Error error{.kind = ErrorKind::upstream_unreachable, .public_text = "x"};
  for (int i = 0; i < 100; ++i) gate.admit(now)->settle(&error, now);
  EXPECT_EQ(gate.gauges().state, GateState::closed);
}

}  // namespace
}  // namespace xrouter::upstream
