#include "xrouter/store/since.hpp"

#include <gtest/gtest.h>

namespace xrouter::store {
namespace {

constexpr WallTime kNow{std::chrono::milliseconds(1'800'000'000'000)};  // 2027-01-15 08:00 UTC

TEST(Since, reads_spans_and_dates) {
  EXPECT_EQ(*parse_since("90s", kNow), kNow - std::chrono::seconds(90));
  EXPECT_EQ(*parse_since("7d", kNow), kNow - std::chrono::days(7));
  EXPECT_EQ(*parse_since("2027-01-15", kNow), kNow - std::chrono::hours(8));
  EXPECT_EQ(*parse_since("2027-01-15T07:59", kNow), kNow - std::chrono::minutes(1));
}

TEST(Since, refuses_what_is_no_time) {
  for (const char* bad : {"", "7", "d", "-1d", "7w", "2027-02-30", "2027-1-5", "2027-01-15T24:00", "2027-01-15 07:00", "2027-01-15T07:59:00", "99999999999d"})
    EXPECT_FALSE(parse_since(bad, kNow)) << bad;
}

}  // namespace
}  // namespace xrouter::store
