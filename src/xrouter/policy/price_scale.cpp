#include "xrouter/policy/price_scale.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace xrouter::policy {

double blended_price(const ModelSpec& model) { return (*model.price.input + *model.price.output).to_double(); }

double mean_score(const ModelSpec& model) {
  if (model.scores.empty()) return -1;
  double sum = 0;
  for (const auto& [domain, score] : model.scores) sum += score;
  return sum / static_cast<double>(model.scores.size());
}

namespace {

double price_of(const PricedModel& model) { return blended_price(*model.offered->spec); }

bool weaker(const PricedModel& a, const PricedModel& b) {
  return std::tuple(mean_score(*a.offered->spec), price_of(a)) < std::tuple(mean_score(*b.offered->spec), price_of(b));
}

char letter_of(double price, double of_strongest) {
  if (price == of_strongest) return kPriceOfStrongest;
  if (price <= 0) return 'A';
  if (of_strongest <= 0) return 'Z';
  const double steps = std::round(2 * std::log2(price / of_strongest));
  return static_cast<char>(kPriceOfStrongest + std::clamp<double>(steps, 'A' - kPriceOfStrongest, 'Z' - kPriceOfStrongest));
}

}  // namespace

std::vector<PricedModel> price_letters(std::span<const OfferedModel> offered) {
  std::vector<PricedModel> models;
  for (const OfferedModel& model : offered)
    if (model.spec->price.known()) models.push_back({.offered = &model});
  if (models.empty()) return models;
  const double of_strongest = price_of(*std::max_element(models.begin(), models.end(), weaker));
  for (PricedModel& model : models) model.letter = letter_of(price_of(model), of_strongest);
  std::stable_sort(models.begin(), models.end(), [](const PricedModel& a, const PricedModel& b) { return price_of(a) < price_of(b); });
  return models;
}

}  // namespace xrouter::policy
