#include <gtest/gtest.h>

#include <set>

#include "xrouter/base/clock.hpp"
#include "xrouter/base/error.hpp"
#include "xrouter/base/rng.hpp"
#include "xrouter/base/secret.hpp"

namespace xrouter {
namespace {

TEST(ErrorTable, labels_are_unique_and_invertible) {
  std::set<std::string_view> labels;
  for (int i = 0; i < kErrorKindCount; ++i) {
    auto kind = static_cast<ErrorKind>(i);
    EXPECT_TRUE(labels.insert(label_of(kind)).second) << label_of(kind);
    EXPECT_EQ(error_kind_of(label_of(kind)), kind);
    EXPECT_GE(traits_of(kind).http_status, 400);
  }
  EXPECT_EQ(error_kind_of("no such label"), std::nullopt);
}

TEST(Deadline, saturates_and_never_passes) {
  TimePoint now{std::chrono::hours(1)};
  EXPECT_TRUE(Deadline::after(now, Duration::max()).is_never());
  EXPECT_FALSE(Deadline::never().passed(TimePoint::max() - Duration(1)));
  auto soon = Deadline::after(now, std::chrono::seconds(5));
  EXPECT_EQ(soon.remaining(now), std::chrono::seconds(5));
  EXPECT_EQ(soon.remaining(now + std::chrono::seconds(6)), Duration::zero());
  EXPECT_EQ(soon.earlier(Deadline::never()), soon);
}

TEST(Rng, forks_are_reproducible_and_distinct) {
  Rng a(1), b(1);
  EXPECT_EQ(a.fork("rollout", 3).next(), b.fork("rollout", 3).next());
  EXPECT_NE(a.fork("rollout", 3).next(), a.fork("rollout", 4).next());
  EXPECT_NE(a.fork("rollout", 3).next(), a.fork("other", 3).next());
  for (int i = 0; i < 1000; ++i) EXPECT_LT(a.below(7), 7u);
}

TEST(Secret, does_not_print) { EXPECT_STREQ(to_text(Secret("sk-123")), "***"); }

}  // namespace
}  // namespace xrouter
