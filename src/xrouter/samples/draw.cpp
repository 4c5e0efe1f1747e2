#include "xrouter/samples/draw.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace xrouter::samples {
namespace {

using Models = std::vector<const ModelSpec*>;

constexpr std::string_view kRandomPool = "random";

bool names(const std::vector<std::string>& list, const ModelSpec& model) { return std::find(list.begin(), list.end(), model.id.value) != list.end(); }

template <class T>
void shuffle(std::vector<T>& items, Rng& rng) {
  for (std::size_t left = items.size(); left > 1; --left) std::swap(items[left - 1], items[rng.below(left)]);
}

Range range_of(const PoolOptions& options, Tier tier) {
  switch (tier) {
    case Tier::premium: return options.premium;
    case Tier::standard: return options.standard;
    case Tier::budget: return options.budget;
    case Tier::specialised: return options.specialised;
  }
  return {};
}

/// Some of one tier. `models` is in random order.
void draw_tier(const PoolOptions& options, Tier tier, const Models& models, Rng& rng, std::set<const ModelSpec*>& drawn) {
  Models of_tier;
  std::copy_if(models.begin(), models.end(), std::back_inserter(of_tier), [&](const ModelSpec* model) { return model->tier == tier; });
  const auto bounded = [&](int count) { return std::min(static_cast<std::size_t>(count), of_tier.size()); };
  const Range range = range_of(options, tier);
  const std::size_t count = bounded(range.from) + rng.below(bounded(range.to) - bounded(range.from) + 1);
  drawn.insert(of_tier.begin(), of_tier.begin() + static_cast<std::ptrdiff_t>(count));
}

const FixedPool* chosen(const std::vector<FixedPool>& pools, double chance) {
  for (const FixedPool& pool : pools) {
    if (chance < pool.share) return &pool;
    chance -= pool.share;
  }
  return nullptr;
}

std::set<const ModelSpec*> members(const FixedPool& pool, const Models& models) {
  std::set<const ModelSpec*> out;
  for (const ModelSpec* model : models)
    if (pool.models.empty() || names(pool.models, *model)) out.insert(model);
  return out;
}

// Within options.models, by taking more or leaving some out; what is always offered stays.
void fit(const PoolOptions& options, const Models& in_random_order, std::set<const ModelSpec*>& drawn) {
  for (const ModelSpec* model : in_random_order)
    if (names(options.always, *model)) drawn.insert(model);
  for (const ModelSpec* model : in_random_order)
    if (drawn.size() < static_cast<std::size_t>(options.models.from)) drawn.insert(model);
  for (const ModelSpec* model : in_random_order)
    if (drawn.size() > static_cast<std::size_t>(options.models.to) && !names(options.always, *model)) drawn.erase(model);
}

std::string new_alias(std::set<std::string>& taken, Rng& rng) {
  for (;;) {  // kMaxModelsOffered names of 260 can be taken: a free one is found soon
    std::string alias = "model_";
    alias += static_cast<char>('a' + rng.below(26));
    alias += static_cast<char>('0' + rng.below(10));
    if (taken.insert(alias).second) return alias;
  }
}

std::int64_t price_permille(const DisguiseOptions& options, Rng& rng) {
  const double factor = options.price_factor_from * std::pow(options.price_factor_to / options.price_factor_from, rng.uniform());
  return std::clamp(static_cast<std::int64_t>(std::llround(factor * kUnchangedPrice)), kMinPricePermille, kMaxPricePermille);
}

}  // namespace

DrawnPool draw_pool(const PoolOptions& options, const Models& models, Rng& rng) {
  DrawnPool pool{.name = std::string(kRandomPool)};
  Models in_random_order = models;
  shuffle(in_random_order, rng);
  std::set<const ModelSpec*> drawn;
  if (const FixedPool* fixed = chosen(options.fixed, rng.uniform())) {
    drawn = members(*fixed, models);
    pool.name = fixed->name;
  }
  if (drawn.size() < static_cast<std::size_t>(options.models.from)) {
    pool.name = kRandomPool;
    for (const Tier tier : {Tier::premium, Tier::standard, Tier::budget, Tier::specialised}) draw_tier(options, tier, in_random_order, rng, drawn);
  }
  fit(options, in_random_order, drawn);
  const Models& order = options.shuffled ? in_random_order : models;
  std::copy_if(order.begin(), order.end(), std::back_inserter(pool.models), [&](const ModelSpec* model) { return drawn.contains(model); });
  return pool;
}

std::vector<SampleModel> disguised(const DisguiseOptions& options, const Models& models, Rng& rng) {
  const bool renames = rng.chance(options.renamed_samples);
  const bool reprices = !rng.chance(options.exact_prices);
  std::set<std::string> taken;
  std::vector<SampleModel> out;
  for (const ModelSpec* model : models) {
    SampleModel shown{.model = model->id};
    if (renames && rng.chance(options.renamed_models)) shown.alias = new_alias(taken, rng);
    if (reprices) shown.price_permille = price_permille(options, rng);
    shown.described = !rng.chance(options.withheld_descriptions);
    shown.score_shift = static_cast<int>(rng.below(2 * static_cast<std::uint64_t>(options.score_shift) + 1)) - options.score_shift;
    out.push_back(std::move(shown));
  }
  return out;
}

}  // namespace xrouter::samples
