#include "xrouter/train/cost_scale.hpp"

#include <algorithm>

namespace xrouter::train {
namespace {

constexpr float kScales[] = {0.01F, 0.02F, 0.03F, 0.04F, 0.05F, 0.06F, 0.07F, 0.08F, 0.09F, 0.10F, 0.12F, 0.14F, 0.17F, 0.20F, 0.25F};

// The held-out models with what is not theirs: the agreement part and the scale under trial.
HeldOutModels with_decisions(const HeldOutModels& held_out, const policy::NgramModel::Parameters& decisions) {
  HeldOutModels out{.models = {}, .of_example = held_out.of_example};
  for (const policy::NgramModel& model : held_out.models) {
    policy::NgramModel::Parameters parameters = model.parameters();
    parameters.agreement = decisions.agreement;
    parameters.cost_scale = decisions.cost_scale;
    out.models.emplace_back(std::move(parameters));
  }
  return out;
}

CostScaleTrial try_scale(const OutcomeData& data, const HeldOutModels& held_out, float scale) {
  CostScaleTrial trial{.scale = scale};
  const std::vector<TuningPoint> points = tuning_points(data, held_out);
  for (const TuningPoint& point : points) {
    const auto share = 1 / static_cast<double>(points.size());
    trial.mean_loss += (point.best_single.accuracy() - point.routed.accuracy()) * share;
    if (point.best_single.cost > Usd::zero()) trial.mean_cost_share += point.routed.usd_per_1000() / point.best_single.usd_per_1000() * share;
  }
  return trial;
}

}  // namespace

std::vector<CostScaleTrial> choose_cost_scale(const OutcomeData& data, const HeldOutModels& held_out, policy::NgramModel::Parameters& parameters,
                                              double allowed_loss) {
  std::vector<CostScaleTrial> trials;
  for (const float scale : kScales) {
    parameters.cost_scale = scale;
    trials.push_back(try_scale(data, with_decisions(held_out, parameters), scale));
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
