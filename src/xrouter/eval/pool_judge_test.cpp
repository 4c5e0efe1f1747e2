#include "xrouter/eval/pool_judge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "xrouter/testing/fixtures.hpp"
#include "xrouter/testing/scripted.hpp"

namespace xrouter::eval {
namespace {

struct Owner final : PoolOwner {
  explicit Owner(ScriptedPool& scripted) : pool_(scripted) {}
  ModelPool& pool() override { return pool_; }
  ScriptedPool& pool_;
};

Result<std::unique_ptr<PoolJudge>> judge_on(ScriptedPool& pool, const char* model = "cheap") {
  return PoolJudge::make(two_model_catalog(), ModelId(model), [&pool](Timers&) -> Result<std::unique_ptr<PoolOwner>> { return std::make_unique<Owner>(pool); });
}

TEST(PoolJudge, asks_its_model_at_temperature_zero_and_books_the_cost) {
  ScriptedPool pool;
  pool.on("cheap", "one").on("cheap", "two");
  const auto judge = *judge_on(pool);
  EXPECT_EQ(*judge->ask("system", "user"), "one");
  EXPECT_EQ(*judge->ask("system", "user"), "two");
  ASSERT_EQ(pool.calls().size(), 2U);
  const ChatRequest& request = pool.calls()[0].request;
  EXPECT_EQ(request.sampling.temperature, 0.0);
  EXPECT_EQ(std::get<std::string>(request.messages[0].content), "system");
  EXPECT_EQ(last_user_text(request), "user");
  EXPECT_EQ(judge->spent().known, Usd::from_pico(2 * (10 * 100'000 + 5 * 400'000)));
  EXPECT_EQ(judge->id(), "cheap@mock/cheap");
}

TEST(PoolJudge, hands_failures_on) {
  ScriptedPool pool;
  pool.on("cheap", scripted_failure(ErrorKind::upstream_unreachable));
  const auto judge = *judge_on(pool);
  EXPECT_FALSE(judge->ask("s", "u").has_value());
  EXPECT_TRUE(judge->ask("s", "u").has_value()) << "a failure does not stick";
}

TEST(PoolJudge, refuses_a_model_that_is_not_in_the_catalogue) {
  ScriptedPool pool;
  EXPECT_EQ(judge_on(pool, "unknown").error().kind, ErrorKind::config);
}

TEST(PoolJudge, may_be_asked_by_several_threads) {
  ScriptedPool pool;
  const auto judge = *judge_on(pool);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back([&] {
      for (int n = 0; n < 25; ++n) EXPECT_TRUE(judge->ask("s", "u").has_value());
    });
  }
  EXPECT_EQ(pool.calls().size(), 100U);
}

}  // namespace
}  // namespace xrouter::eval
