#include "xrouter/trainer/stages/draws.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "xrouter/base/rng.hpp"

namespace xrouter::trainer {
namespace {

/// How far along the list the `turn`-th weight of a sample lies: evenly over all of it.
std::size_t spread(std::size_t turn, const CostWeightConfig& how) {
  const auto times = static_cast<std::size_t>(how.per_sample);
  return times >= how.values.size() ? turn : turn * how.values.size() / times;
}

}  // namespace

Deck::Deck(std::uint64_t seed, std::string purpose, std::size_t size, bool shuffled)
    : seed_(seed), purpose_(std::move(purpose)), order_(size), shuffled_(shuffled) {
  std::iota(order_.begin(), order_.end(), std::size_t{0});
}

void Deck::shuffle(std::int64_t epoch) {
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  Rng rng = Rng(seed_).fork("order/" + purpose_, static_cast<std::uint64_t>(epoch));
  for (std::size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[rng.below(i)]);
  epoch_ = epoch;
}

std::size_t Deck::at(std::int64_t number) {
  const auto size = static_cast<std::int64_t>(order_.size());
  if (shuffled_ && number / size != epoch_) shuffle(number / size);
  return order_[static_cast<std::size_t>(number % size)];
}

double draw_cost_weight(const TrainConfig& config, const std::string& stage, std::int64_t number) {
  const CostWeightConfig& how = config.cost_weight;
  const std::int64_t block = number / how.per_sample;
  const auto turn = static_cast<std::size_t>(number % how.per_sample);
  const Rng seed(config.seed);
  if (how.draw == WeightDraw::list) {
    Rng order = seed.fork("cost_weight/" + stage, static_cast<std::uint64_t>(block));
    const std::size_t first = order.below(how.values.size());
    return how.values[(first + spread(turn, how)) % how.values.size()];
  }
  Rng rng = seed.fork("cost_weight/" + stage, static_cast<std::uint64_t>(number));
  if (rng.chance(how.zero_share)) return 0;
  const double place = (static_cast<double>(turn) + rng.uniform()) / how.per_sample;
  // Two decimals are what a prompt shows of a number that was drawn; the reward is to use what the router read.
  const double drawn = how.draw == WeightDraw::uniform ? how.min + place * (how.max - how.min) : how.min * std::pow(how.max / how.min, place);
  return std::max(std::round(drawn * 100) / 100, 0.01);
}

std::int64_t steps_of(const StageConfig& stage, std::size_t size, int times) {
  if (stage.steps > 0) return stage.steps;
  return std::max<std::int64_t>(1, std::llround(std::ceil(stage.epochs * static_cast<double>(size) * times / stage.batch)));
}

std::vector<rollout::WorkItem> draw_items(const TrainConfig& config, const StageConfig& stage, Deck& deck, const Episodes& episodes, int count,
                                          int rollouts, TrainerState& state) {
  const std::uint64_t run_seed = Rng(config.seed).fork("attempt/" + stage.name, static_cast<std::uint64_t>(state.rollbacks)).next();
  std::vector<rollout::WorkItem> items;
  for (int i = 0; i < count; ++i) {
    const std::int64_t number = state.drawn++;
    const std::size_t index = deck.at(number / config.cost_weight.per_sample);
    const samples::RouterSample& sample = episodes.sample(SampleUse::train, index);
    rollout::WorkItem item{.sample = index, .rollouts = rollouts};
    item.cost_weight = sample.cost_weight.value_or(draw_cost_weight(config, stage.name, number));
    item.seed = rollout::seed_of(run_seed, static_cast<std::uint64_t>(state.step), sample.id, static_cast<std::uint64_t>(number));
    items.push_back(item);
  }
  return items;
}

}  // namespace xrouter::trainer
