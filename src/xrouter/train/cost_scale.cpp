#include "xrouter/train/cost_scale.hpp"

#include <algorithm>

namespace xrouter::train {
namespace {

constexpr float kScales[] = {0.01F, 0.02F, 0.03F, 0.04F, 0.05F, 0.06F, 0.07F, 0.08F, 0.09F, 0.10F, 0.12F, 0.14F, 0.17F, 0.20F, 0.25F};

CostScaleTrial try_scale(const OutcomeData& data, const policy::NgramModel& model) {
  CostScaleTrial trial{.scale = model.parameters().cost_scale};
  for (std::size_t group = 0; group < data.groups.size(); ++group) {
    const RoutePoint best = best_single(data, corpus::Split::dev, group);
    const RoutePoint routed = route_at(data, model, corpus::Split::dev, group, 1);
    trial.mean_loss += (best.accuracy() - routed.accuracy()) / static_cast<double>(data.groups.size());
    if (best.cost > Usd::zero()) trial.mean_cost_share += routed.usd_per_1000() / best.usd_per_1000() / static_cast<double>(data.groups.size());
  }
  return trial;
}

}  // namespace

std::vector<CostScaleTrial> choose_cost_scale(const OutcomeData& data, policy::NgramModel::Parameters& parameters, double allowed_loss) {
  std::vector<CostScaleTrial> trials;
  for (const float scale : kScales) {
    parameters.cost_scale = scale;
    trials.push_back(try_scale(data, policy::NgramModel(parameters)));
  }
  const auto preferred = [&](const CostScaleTrial& a, const CostScaleTrial& b) {
    const bool a_fits = a.mean_loss <= allowed_loss;
    const bool b_fits = b.mean_loss <= allowed_loss;
    if (a_fits != b_fits) return a_fits;
    return a_fits ? a.mean_cost_share < b.mean_cost_share : a.mean_loss < b.mean_loss;
  };
  parameters.cost_scale = std::min_element(trials.begin(), trials.end(), preferred)->scale;
  return trials;
}

}  // namespace xrouter::train
