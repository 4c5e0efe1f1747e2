#include "xrouter/baselines/estimator.hpp"

#include <algorithm>

namespace xrouter::baselines {
namespace {

constexpr double kScales[] = {0.02, 0.03, 0.05, 0.07, 0.10, 0.14, 0.20, 0.28, 0.40, 0.57, 0.80};

// One question of split dev with everything that choosing needs.
struct Case {
  const train::Example* example = nullptr;
  Models models;
  std::vector<Estimate> estimates;
  double input_tokens = 0;
};

std::vector<Case> dev_cases(const Estimator& estimator, const TrainStats& stats, const train::OutcomeData& data) {
  std::vector<Case> cases;
  for (const train::Example& example : data.examples) {
    if (example.split != corpus::Split::dev) continue;
    Case one{.example = &example, .models = {}, .estimates = {}, .input_tokens = static_cast<double>(example.prompt.size()) * stats.tokens_per_byte()};
    for (const train::OutcomeRow& row : example.rows) one.models.push_back(data.models[row.model]);
    one.estimates = estimator.estimate(example.prompt, one.models);
    cases.push_back(std::move(one));
  }
  return cases;
}

struct Totals {
  double questions = 0;
  double right = 0;
  double cost = 0;
};

struct Trial {
  double scale = 0;
  double loss = 0;        ///< accuracy below the best single model, mean over groups
  double cost_share = 0;  ///< of the best single model's cost, mean over groups
};

struct BestSingle {
  double accuracy = 0;
  double cost = 0;  ///< mean, US dollars
};

std::vector<BestSingle> best_singles(const std::vector<Case>& cases, const train::OutcomeData& data) {
  std::vector<std::vector<Totals>> totals(data.groups.size(), std::vector<Totals>(data.models.size()));
  for (const Case& one : cases) {
    for (const train::OutcomeRow& row : one.example->rows) {
      Totals& sum = totals[one.example->group][row.model];
      sum.questions += 1;
      sum.right += row.correct ? 1 : 0;
      sum.cost += row.cost.to_double();
    }
  }
  std::vector<BestSingle> best(data.groups.size());
  for (std::size_t group = 0; group < totals.size(); ++group) {
    for (const Totals& sum : totals[group])
      if (sum.questions > 0 && sum.right / sum.questions > best[group].accuracy) best[group] = {sum.right / sum.questions, sum.cost / sum.questions};
  }
  return best;
}

Trial try_scale(const std::vector<Case>& cases, const std::vector<BestSingle>& best, double scale) {
  std::vector<Totals> totals(best.size());
  for (const Case& one : cases) {
    const ModelSpec* chosen = ranked_by_value(one.models, one.estimates, one.input_tokens, scale).front().model;
    const auto index = static_cast<std::size_t>(std::find(one.models.begin(), one.models.end(), chosen) - one.models.begin());
    const train::OutcomeRow& row = one.example->rows[index];
    Totals& sum = totals[one.example->group];
    sum.questions += 1;
    sum.right += row.correct ? 1 : 0;
    sum.cost += row.cost.to_double();
  }
  Trial trial{.scale = scale};
  double groups = 0;
  for (std::size_t group = 0; group < totals.size(); ++group) {
    const Totals& sum = totals[group];
    if (sum.questions == 0 || best[group].cost <= 0) continue;
    groups += 1;
    trial.loss += best[group].accuracy - sum.right / sum.questions;
    trial.cost_share += sum.cost / sum.questions / best[group].cost;
  }
  trial.loss /= std::max(groups, 1.0);
  trial.cost_share /= std::max(groups, 1.0);
  return trial;
}

}  // namespace

std::vector<RankedModel> ranked_by_value(const Models& models, const std::vector<Estimate>& estimates, double input_tokens, double weight) {
  std::vector<std::optional<double>> costs;
  double dearest = 0;
  std::size_t likeliest = 0;
  for (std::size_t i = 0; i < models.size(); ++i) {
    costs.push_back(expected_cost_usd(*models[i], input_tokens, estimates[i].output_tokens));
    dearest = std::max(dearest, costs.back().value_or(0));
    if (estimates[i].success > estimates[likeliest].success) likeliest = i;
  }
  double reference = models.empty() ? 0 : costs[likeliest].value_or(dearest);
  if (reference <= 0) reference = dearest;  // the likeliest one is free: measure by the dearest
  std::vector<std::pair<double, RankedModel>> valued;
  for (std::size_t i = 0; i < models.size(); ++i) {
    const double penalty = reference > 0 ? weight * costs[i].value_or(dearest) / reference : 0;
    valued.emplace_back(estimates[i].success - penalty, RankedModel{.model = models[i], .success = estimates[i].success});
  }
  std::stable_sort(valued.begin(), valued.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<RankedModel> out;
  for (auto& [value, ranked] : valued) out.push_back(ranked);
  return out;
}

Ranking by_value(std::shared_ptr<const Estimator> estimator, std::shared_ptr<const TrainStats> stats, double cost_scale) {
  return [estimator = std::move(estimator), stats = std::move(stats), cost_scale](const RankingInput& input) {
    const double input_tokens = static_cast<double>(input.prompt_bytes) * stats->tokens_per_byte();
    return ranked_by_value(input.offered, estimator->estimate(input.text, input.offered), input_tokens, input.cost_weight * cost_scale);
  };
}

double tuned_cost_scale(const Estimator& estimator, const TrainStats& stats, const train::OutcomeData& data, double allowed_loss) {
  const std::vector<Case> cases = dev_cases(estimator, stats, data);
  const std::vector<BestSingle> best = best_singles(cases, data);
  std::vector<Trial> trials;
  for (const double scale : kScales) trials.push_back(try_scale(cases, best, scale));
  const auto preferred = [&](const Trial& a, const Trial& b) {
    const bool a_fits = a.loss <= allowed_loss;
    const bool b_fits = b.loss <= allowed_loss;
    if (a_fits != b_fits) return a_fits;
    return a_fits ? a.cost_share < b.cost_share : a.loss < b.loss;
  };
  return std::min_element(trials.begin(), trials.end(), preferred)->scale;
}

}  // namespace xrouter::baselines
