#include "xrouter/upstream/keys.hpp"

#include <gtest/gtest.h>

namespace xrouter::upstream {
namespace {

using namespace std::chrono_literals;

struct Bench {
  TimePoint now{std::chrono::hours(1)};
  UpstreamKeys keys;
  explicit Bench(std::size_t count) : keys(count) {}

  /// The number of the key, or the refusal.
  Result<std::size_t> take(const std::string& model = "m", KeyMask except = 0) { return keys.take(model, except, now); }
  void fails(std::size_t key, ErrorKind kind, std::optional<std::chrono::milliseconds> retry_after = {}, const std::string& model = "m") {
    const Error error{.kind = kind, .public_text = "x", .retry_after = retry_after};
    keys.settle(key, model, &error, now);
  }
  std::optional<ErrorKind> refusal(const std::string& model = "m") {
    const Result<std::size_t> taken = take(model);
    return taken ? std::nullopt : std::optional(taken.error().kind);
  }
};

TEST(Keys, retry_after_parks_the_key_for_that_model_only) {
  Bench bench(1);
  bench.fails(*bench.take("a"), ErrorKind::upstream_rate_limited, 3s, "a");
  EXPECT_EQ(bench.refusal("b"), std::nullopt);
  bench.now += 1s;
  const Result<std::size_t> early = bench.take("a");
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().kind, ErrorKind::upstream_rate_limited);
  EXPECT_EQ(early.error().retry_after, 2s);
  bench.now += 2s;
  EXPECT_EQ(bench.refusal("a"), std::nullopt);
}

TEST(Keys, the_next_key_takes_over_and_stays) {
  Bench bench(3);
  EXPECT_EQ(bench.take(), 0u);
  EXPECT_EQ(bench.take(), 0u);
  bench.fails(0, ErrorKind::upstream_rate_limited, 3s);
  EXPECT_EQ(bench.take(), 1u);
  bench.now += 10s;
  EXPECT_EQ(bench.take(), 1u) << "the first one is free again, but nothing speaks against this one";
  bench.fails(1, ErrorKind::upstream_credentials);
  EXPECT_EQ(bench.take(), 2u);
  EXPECT_EQ(bench.keys.dead(), 1);
}

TEST(Keys, the_shortest_wait_is_told_when_every_key_is_parked) {
  Bench bench(3);
  bench.fails(0, ErrorKind::upstream_rate_limited, 9s);
  bench.fails(1, ErrorKind::upstream_rate_limited, 4s);
  bench.fails(2, ErrorKind::upstream_credentials);
  const Result<std::size_t> refused = bench.take();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().retry_after, 4s);
}

TEST(Keys, a_dead_key_is_dead_for_every_model_and_one_call_tries_it_later) {
  Bench bench(1);
  bench.fails(0, ErrorKind::upstream_credentials, {}, "a");
  EXPECT_EQ(bench.refusal("b"), ErrorKind::upstream_credentials);
  bench.now += kDeadKeyPause;
  ASSERT_EQ(bench.take("b"), 0u);
  EXPECT_EQ(bench.refusal("a"), ErrorKind::upstream_credentials) << "one call is trying it";
  bench.keys.settle(0, "b", nullptr, bench.now);
  EXPECT_EQ(bench.refusal("a"), std::nullopt);
  EXPECT_EQ(bench.keys.dead(), 0);
}

TEST(Keys, a_trial_that_ended_without_a_word_of_the_upstream_leaves_it_to_the_next_call) {
  for (const ErrorKind kind : {ErrorKind::cancelled, ErrorKind::upstream_unreachable, ErrorKind::attempt_timeout}) {
    Bench bench(1);
    bench.fails(0, ErrorKind::upstream_credentials);
    bench.now += kDeadKeyPause;
    ASSERT_EQ(bench.take(), 0u);
    bench.fails(0, kind);
    EXPECT_EQ(bench.keys.dead(), 1) << label_of(kind);
    EXPECT_EQ(bench.refusal(), std::nullopt) << label_of(kind);
  }
}

TEST(Keys, a_refused_request_proves_that_the_key_lives) {
  Bench bench(1);
  bench.fails(0, ErrorKind::upstream_credentials);
  bench.now += kDeadKeyPause;
  ASSERT_EQ(bench.take(), 0u);
  bench.fails(0, ErrorKind::upstream_rejected);
  EXPECT_EQ(bench.keys.dead(), 0);
}

TEST(Keys, excluded_keys_are_passed_over) {
  Bench bench(2);
  EXPECT_EQ(bench.take("m", 0b01), 1u);
  const Result<std::size_t> none = bench.take("m", 0b11);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::upstream_rate_limited);
  EXPECT_EQ(none.error().retry_after, std::nullopt);
}

TEST(Keys, an_absurd_retry_after_is_not_believed) {
  Bench bench(1);
  bench.fails(0, ErrorKind::upstream_rate_limited, std::chrono::hours(24 * 365));
  bench.now += kLongestPause;
  EXPECT_EQ(bench.refusal(), std::nullopt);
}

}  // namespace
}  // namespace xrouter::upstream
