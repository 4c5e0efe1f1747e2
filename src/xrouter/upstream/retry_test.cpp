#include "xrouter/upstream/retry.hpp"

#include <gtest/gtest.h>

namespace xrouter::upstream {
namespace {

using namespace std::chrono_literals;

const config::RetryConfig kConfig{.max_attempts = 9, .backoff_base = 200ms, .backoff_cap = 1s, .max_retry_after = 20s};

Error of(ErrorKind kind, std::optional<std::chrono::milliseconds> retry_after = {}) {
  return {.kind = kind, .public_text = "x", .retry_after = retry_after};
}

RetryDecision decide(const Error& error, Tries tries, std::uint64_t seed = 1) {
  Rng rng(seed);
  return RetryPolicy(kConfig).next(error, tries, rng);
}

TEST(Retry, follows_the_class_of_every_error_kind) {
  for (int i = 0; i < kErrorKindCount; ++i) {
    const auto kind = static_cast<ErrorKind>(i);
    const RetryClass retry = traits_of(kind).retry;
    const bool expected = retry == RetryClass::transient || retry == RetryClass::busy || retry == RetryClass::once;
    const Tries first{.made = 1, .allowed = 3, .upstream_faults = retry == RetryClass::once ? 1 : 0};
    EXPECT_EQ(decide(of(kind), first).again, expected) << label_of(kind);
  }
}

struct Row {
  const char* name;
  ErrorKind kind;
  std::optional<std::chrono::milliseconds> retry_after;
  Tries tries;
  bool again;
};

TEST(Retry, obeys_every_limit) {
  const Row rows[] = {
      {"attempts used up", ErrorKind::upstream_unreachable, {}, {.made = 2, .allowed = 2}, false},
      {"one attempt left", ErrorKind::upstream_unreachable, {}, {.made = 1, .allowed = 2}, true},
      {"a call with one attempt", ErrorKind::upstream_unreachable, {}, {.made = 1, .allowed = 1}, false},
      {"bytes reached the client", ErrorKind::upstream_unreachable, {}, {.made = 1, .allowed = 5, .relayed = true}, false},
      {"first upstream fault", ErrorKind::upstream_invalid, {}, {.made = 1, .allowed = 5, .upstream_faults = 1}, true},
      {"second upstream fault", ErrorKind::upstream_invalid, {}, {.made = 2, .allowed = 5, .upstream_faults = 2}, false},
      {"a reset after an upstream fault", ErrorKind::upstream_unreachable, {}, {.made = 2, .allowed = 5, .upstream_faults = 1}, true},
      {"Retry-After fits", ErrorKind::upstream_rate_limited, 5s, {.made = 1, .allowed = 2, .remaining = 10s}, true},
      {"Retry-After at its limit", ErrorKind::upstream_rate_limited, 20s, {.made = 1, .allowed = 2}, true},
      {"Retry-After over its limit", ErrorKind::upstream_rate_limited, 20001ms, {.made = 1, .allowed = 2}, false},
      {"Retry-After beyond the deadline", ErrorKind::upstream_rate_limited, 10s, {.made = 1, .allowed = 2, .remaining = 10s}, false},
      {"no time left", ErrorKind::upstream_unreachable, {}, {.made = 1, .allowed = 2, .remaining = 0s}, false},
      {"dead key", ErrorKind::upstream_credentials, 1s, {.made = 1, .allowed = 2}, false},
  };
  for (const Row& row : rows) EXPECT_EQ(decide(of(row.kind, row.retry_after), row.tries).again, row.again) << row.name;
}

TEST(Retry, waits_for_retry_after_when_the_deadline_allows) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Duration wait = decide(of(ErrorKind::upstream_rate_limited, 3s), {.made = 1, .allowed = 2}, seed).wait;
    EXPECT_GE(wait, 3s);
    EXPECT_LE(wait, 3200ms) << "spread by the backoff, so that the waiters do not return together";
  }
}

TEST(Retry, a_503_that_names_a_waiting_time_is_not_tried_earlier) {
  EXPECT_GE(decide(of(ErrorKind::upstream_unreachable, 2s), {.made = 1, .allowed = 2}).wait, 2s);
}

TEST(Retry, backoff_doubles_up_to_its_cap_with_full_jitter) {
  const std::pair<int, Duration> tops[] = {{1, 200ms}, {2, 400ms}, {3, 800ms}, {4, 1s}, {40, 1s}};
  for (auto [made, top] : tops) {
    Duration least = Duration::max(), most = Duration::zero();
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
      const Duration wait = decide(of(ErrorKind::attempt_timeout), {.made = made, .allowed = 100}, seed).wait;
      least = std::min(least, wait);
      most = std::max(most, wait);
    }
    EXPECT_LE(most, top) << made;
    EXPECT_GT(most, top * 9 / 10) << made;
    EXPECT_LT(least, top / 10) << made;
  }
}

}  // namespace
}  // namespace xrouter::upstream
