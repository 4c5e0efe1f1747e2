#include "xrouter/trainer/update.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xrouter::trainer {
namespace {

using ::testing::ElementsAre;

TEST(Packs, count_what_is_shared_with_the_neighbour_once) {
  // 100, then 10 and 10 new ones; the next shares too but does not fit; a lone giant goes alone.
  EXPECT_THAT(packs_of({{100, 0}, {100, 90}, {100, 90}, {100, 90}, {500, 0}, {20, 0}}, 120), ElementsAre(0U, 3U, 4U, 5U, 6U));
}

TEST(Packs, hold_everything_once_and_in_order) {
  EXPECT_THAT(packs_of({{1, 0}, {1, 1}, {1, 0}}, 1000), ElementsAre(0U, 3U));
  EXPECT_THAT(packs_of({{7, 0}}, 1), ElementsAre(0U, 1U));
}

TEST(Packs, sequences_stand_beside_those_that_begin_alike) {
  const learner::TokenSequence a{.tokens = {1, 2, 9}, .choices = {}}, b{.tokens = {5, 5}, .choices = {}}, c{.tokens = {1, 2, 3, 4}, .choices = {}};
  EXPECT_THAT(sharing_order({&a, &b, &c}), ElementsAre(2U, 0U, 1U));
  EXPECT_EQ(shared_beginning(a, c), 2U);
  EXPECT_EQ(shared_beginning(a, b), 0U);
  EXPECT_EQ(shared_beginning(a, a), 3U);
}

}  // namespace
}  // namespace xrouter::trainer
