#include "xrouter/lm/pass_plan.hpp"

#include <gmock/gmock.h>

#include <numeric>

#include "xrouter/base/rng.hpp"

namespace xrouter::lm {
namespace {

using testing::ElementsAre;

TEST(SharePass, replies_go_on_while_prompts_are_read) {
  EXPECT_THAT(share_pass(std::vector{1, 900, 1, 3}, 100, 1), ElementsAre(1, 95, 1, 3));
}

TEST(SharePass, a_short_prompt_does_not_wait_for_a_long_one) {
  EXPECT_THAT(share_pass(std::vector{30'000, 40, 200}, 512, 0), ElementsAre(272, 40, 200));
}

TEST(SharePass, half_of_a_pass_is_for_who_waited_longest) {
  EXPECT_THAT(share_pass(std::vector{500, 300, 200}, 400, 0), ElementsAre(200, 0, 200));
  EXPECT_THAT(share_pass(std::vector{500, 300, 200}, 400, -1), ElementsAre(0, 200, 200));
  EXPECT_THAT(share_pass(std::vector{5, 5, 5}, 1, 2), ElementsAre(0, 0, 1));
}

TEST(SharePass, equal_demands_are_served_in_order) { EXPECT_THAT(share_pass(std::vector{512, 512, 512}, 512, 0), ElementsAre(512, 0, 0)); }

TEST(SharePass, gives_all_it_has_and_no_more_than_is_wanted) {
  Rng rng(1);
  for (int round = 0; round < 500; ++round) {
    std::vector<int> demands(rng.below(8));
    for (int& demand : demands) demand = 1 + static_cast<int>(rng.below(100));
    const int budget = 1 + static_cast<int>(rng.below(300));
    const int favoured = demands.empty() ? -1 : static_cast<int>(rng.below(demands.size()));
    const std::vector<int> shares = share_pass(demands, budget, favoured);
    for (std::size_t i = 0; i < demands.size(); ++i) ASSERT_TRUE(shares[i] >= 0 && shares[i] <= demands[i]);
    const int wanted = std::accumulate(demands.begin(), demands.end(), 0);
    ASSERT_EQ(std::accumulate(shares.begin(), shares.end(), 0), std::min(wanted, budget));
    if (favoured >= 0) {
      ASSERT_GT(shares[static_cast<std::size_t>(favoured)], 0);
    }
  }
}

}  // namespace
}  // namespace xrouter::lm
