#include "xrouter/policy/price_scale.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "xrouter/policy/bench_test.hpp"
#include "xrouter/policy/router_prompt.hpp"

namespace xrouter::policy {
namespace {

/// Models named a, b, c, ... at these prices per token, read and written alike.
struct Offer {
  std::deque<ModelSpec> models;
  std::vector<OfferedModel> offered;

  explicit Offer(const std::vector<std::int64_t>& prices) {
    for (const std::int64_t price : prices) {
      const std::string name(1, static_cast<char>('a' + models.size()));
      models.push_back(test_model(name, Tier::standard, price, price));
      offered.push_back({.spec = &models.back(), .tool_name = name});
    }
  }
  std::string text() const {
    std::string text;
    for (const PricedModel& model : price_letters(offered)) text += std::string(1, model.letter) + model.offered->tool_name + " ";
    return text;
  }
};

TEST(PriceScale, the_strongest_is_r_and_two_letters_are_a_factor_of_two) {
  Offer offer({8'000, 1'000, 16'000, 2'828});
  offer.models[0].scores = {{"math", 90}, {"code", 80}};
  offer.models[2].scores = {{"math", 70}, {"code", 85}};
  EXPECT_EQ(offer.text(), "Lb Od Ra Tc ");
}

TEST(PriceScale, without_scores_the_dearest_stands_for_the_strongest) {
  EXPECT_EQ(Offer({100, 400, 50}).text(), "Lc Na Rb ");
}

TEST(PriceScale, a_common_factor_changes_nothing) {
  EXPECT_EQ(Offer({130, 470, 29, 3'000}).text(), Offer({130'000, 470'000, 29'000, 3'000'000}).text());
}

TEST(PriceScale, equal_prices_keep_the_order_of_the_offer) {
  EXPECT_EQ(Offer({7, 7, 7}).text(), "Ra Rb Rc ");
}

TEST(PriceScale, ends_at_a_and_z) {
  Offer offer({1'000'000, 1, 0, 1'000'000'000});
  offer.models[0].scores = {{"math", 90}};
  EXPECT_EQ(offer.text(), "Ac Ab Ra Zd ");
}

TEST(PriceScale, beside_a_free_strongest_model_whatever_costs_is_dear) {
  Offer offer({0, 5, 0});
  offer.models[0].scores = {{"math", 90}};
  EXPECT_EQ(offer.text(), "Ra Rc Zb ");
}

TEST(PriceScale, unknown_prices_have_no_letter) {
  Offer offer({10, 20});
  offer.models[1].price = {};
  offer.models[1].scores = {{"math", 90}};
  EXPECT_EQ(offer.text(), "Ra ");
  offer.models[0].price = {};
  EXPECT_EQ(offer.text(), "");
  EXPECT_EQ(money_note(offer.offered, 0.5), "Cost weight: 0.5.\n");
}

}  // namespace
}  // namespace xrouter::policy
