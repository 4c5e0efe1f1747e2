#include "xrouter/catalog/catalog.hpp"

#include <gtest/gtest.h>

namespace xrouter {
namespace {

Price priced(std::int64_t in, std::int64_t out) { return {.input = Usd::from_pico(in), .output = Usd::from_pico(out)}; }

ModelSpec named(std::string id) {
  ModelSpec model;
  model.id = ModelId(std::move(id));
  model.price = priced(1'000'000, 2'000'000);
  return model;
}

TEST(Price, buckets_are_disjoint_and_add_up) {
  Price price = priced(10'000, 40'000);
  price.cached_input = Usd::from_pico(1'000);
  price.reasoning = Usd::from_pico(50'000);
  Usage usage{.prompt_tokens = 100, .completion_tokens = 50, .cached_tokens = 30, .reasoning_tokens = 20};
  EXPECT_EQ(price.cost_of(usage).total(), Usd::from_pico(70 * 10'000 + 30 * 1'000 + 30 * 40'000 + 20 * 50'000));
}

TEST(Price, missing_special_rates_fall_back_to_the_plain_ones) {
  Usage usage{.prompt_tokens = 100, .completion_tokens = 50, .cached_tokens = 30, .cache_write_tokens = 10, .reasoning_tokens = 20};
  EXPECT_EQ(priced(10'000, 40'000).cost_of(usage).total(), Usd::from_pico(100 * 10'000 + 50 * 40'000));
}

TEST(Price, an_unknown_rate_is_null_and_never_zero) {
  Price price;
  price.input = Usd::from_pico(10'000);
  Cost cost = price.cost_of({.prompt_tokens = 5, .completion_tokens = 1});
  EXPECT_EQ(cost.total(), std::nullopt);
  EXPECT_EQ(cost.known, Usd::from_pico(50'000));
  EXPECT_EQ(price.worst_case(5, 1), std::nullopt);
  EXPECT_TRUE(price.cost_of({.prompt_tokens = 5, .completion_tokens = 0}).complete) << "no token of the unpriced bucket was used";
}

TEST(Price, detail_counts_larger_than_the_total_never_go_below_zero) {
  Usage usage{.prompt_tokens = 10, .completion_tokens = 5, .cached_tokens = 30, .reasoning_tokens = 9};
  EXPECT_EQ(priced(10'000, 40'000).cost_of(usage).total(), Usd::from_pico(30 * 10'000 + 9 * 40'000));
}

TEST(Price, worst_case_bounds_every_split_of_the_tokens) {
  Price price = priced(10'000, 40'000);
  price.cache_write = Usd::from_pico(12'500);
  price.cached_input = Usd::from_pico(1'000);
  Usd bound = *price.worst_case(100, 50);
  for (std::int64_t cached = 0; cached <= 100; cached += 10) {
    Usage usage{.prompt_tokens = 100, .completion_tokens = 50, .cached_tokens = cached, .cache_write_tokens = 100 - cached};
    EXPECT_LE(price.cost_of(usage).known, bound);
  }
}

TEST(Price, worst_case_covers_cached_input_that_is_dearer_and_the_price_per_call) {
  Price price = priced(10'000, 40'000);
  price.cached_input = Usd::from_pico(15'000);
  price.per_call = Usd::from_pico(7);
  const Usage usage{.prompt_tokens = 100, .completion_tokens = 50, .cached_tokens = 100};
  EXPECT_EQ(price.cost_of(usage).total(), Usd::from_pico(100 * 15'000 + 50 * 40'000 + 7));
  EXPECT_EQ(price.worst_case(100, 50), price.cost_of(usage).total());
}

TEST(Catalog, refuses_a_price_per_call_that_sums_could_not_hold) {
  for (const Usd wrong : {Usd::max(), Usd::from_pico(-1), *Usd::parse("100.01")}) {
    ModelSpec model = named("m");
    model.price.per_call = wrong;
    const auto catalog = ModelCatalog::make({model});
    ASSERT_FALSE(catalog) << wrong.to_decimal();
    EXPECT_NE(catalog.error().public_text.find("USD per call is outside 0 to 100"), std::string::npos);
  }
  ModelSpec dear = named("m");
  dear.price.per_call = kMaxPerCall;
  EXPECT_TRUE(ModelCatalog::make({dear}));
}

TEST(Catalog, finds_models_by_id_and_tool_name) {
  auto catalog = ModelCatalog::make({named("gpt-4.1-nano"), named("o3")});
  ASSERT_TRUE(catalog);
  EXPECT_EQ(tool_name_of(ModelId("gpt-4.1-nano")), "call_gpt_4_1_nano");
  EXPECT_EQ((*catalog)->find_by_tool_name("call_gpt_4_1_nano")->id.value, "gpt-4.1-nano");
  EXPECT_EQ((*catalog)->find(ModelId("gpt-5")), nullptr);
}

TEST(Catalog, refuses_two_models_with_one_tool_name) {
  auto catalog = ModelCatalog::make({named("gpt-4.1"), named("gpt-4-1")});
  ASSERT_FALSE(catalog);
  EXPECT_EQ(catalog.error().public_text, "models gpt-4.1 and gpt-4-1 have the same tool name call_gpt_4_1; rename one");
}

TEST(Catalog, refuses_a_price_that_smells_of_a_unit_slip) {
  ModelSpec model = named("m");
  model.price.input = *Usd::parse("0.0025");  // 2,500 USD per million: per thousand was meant
  auto catalog = ModelCatalog::make({model});
  ASSERT_FALSE(catalog);
  EXPECT_NE(catalog.error().public_text.find("2500 USD per million"), std::string::npos);
}

}  // namespace
}  // namespace xrouter
