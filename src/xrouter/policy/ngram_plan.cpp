#include "xrouter/policy/ngram_plan.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace xrouter::policy {
namespace {

template <std::size_t N>
double logistic(const std::array<float, N>& weights, const std::array<double, N>& inputs) {
  double sum = 0;
  for (std::size_t i = 0; i < N; ++i) sum += static_cast<double>(weights[i]) * inputs[i];
  return probability_of(sum);
}

double better(const Candidate& a, const Candidate& b) { return std::max(a.log_odds, b.log_odds); }
double worse(const Candidate& a, const Candidate& b) { return std::min(a.log_odds, b.log_odds); }

double agreement_chance(const AgreementModel& model, const Candidate& a, const Candidate& b) { return logistic(model.agree, {1, better(a, b), worse(a, b)}); }
double right_if_not(const AgreementModel& model, const Candidate& a, const Candidate& b) { return logistic(model.right_if_not, {1, a.log_odds, b.log_odds}); }
double third_success(const AgreementModel& model, const Candidate& third, const Candidate& a, const Candidate& b) {
  return logistic(model.third_if_not, {1, third.log_odds, better(a, b), worse(a, b)});
}

// In dollars; nullopt when a price is unknown.
std::optional<double> expected_cost(const ModelSpec& spec, double prompt_tokens, double output_tokens) {
  if (!spec.price.known()) return std::nullopt;
  return prompt_tokens * spec.price.input->to_double() + output_tokens * spec.price.output->to_double() +
         spec.price.per_call.value_or(Usd::zero()).to_double();
}

// Pairs are compared among these only: the work of a decision stays bounded for a large catalogue.
constexpr std::size_t kMaxCompared = 16;

std::vector<std::size_t> most_valuable(std::span<const Candidate> candidates) {
  std::vector<std::size_t> order(candidates.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto value = [&](std::size_t i) { return probability_of(candidates[i].log_odds) - candidates[i].penalty; };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return value(a) > value(b); });
  order.resize(std::min(order.size(), kMaxCompared));
  return order;
}

std::optional<Plan> best_single(std::span<const Candidate> candidates) {
  std::optional<Plan> best;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const double success = probability_of(candidates[i].log_odds);
    const double value = success - candidates[i].penalty;
    if (!best || value > best->value) best = Plan{.first = i, .second = {}, .success = success, .value = value};
  }
  return best;
}

}  // namespace

std::vector<Candidate> assess(const NgramModel& model, const PlanInput& input, std::span<const ModelSpec* const> models) {
  const TextFeatures features = model.features(input.text);
  const double prompt_tokens = static_cast<double>(input.prompt_bytes) * static_cast<double>(model.parameters().tokens_per_byte);
  std::vector<Candidate> out;
  std::vector<std::optional<double>> costs;
  double dearest = 0;
  for (const ModelSpec* spec : models) {
    const Prediction prediction = model.predict(features, *spec);
    out.push_back({.spec = spec, .log_odds = prediction.log_odds});
    costs.push_back(expected_cost(*spec, prompt_tokens, prediction.output_tokens));
    dearest = std::max(dearest, costs.back().value_or(0));
  }
  if (out.empty() || dearest <= 0) return out;
  const auto likeliest = std::max_element(out.begin(), out.end(), [](const Candidate& a, const Candidate& b) { return a.log_odds < b.log_odds; });
  double reference = costs[static_cast<std::size_t>(likeliest - out.begin())].value_or(dearest);
  if (reference <= 0) reference = dearest;  // the likeliest one is free: measure by the dearest
  const double weight = input.cost_weight * static_cast<double>(model.parameters().cost_scale) / reference;
  for (std::size_t i = 0; i < out.size(); ++i) out[i].penalty = weight * costs[i].value_or(dearest);
  return out;
}

double agreed_success(const AgreementModel& agreement, const Candidate& a, const Candidate& b) {
  return logistic(agreement.right_if_agree, {1, better(a, b), worse(a, b)});
}

std::optional<std::size_t> third_opinion(const AgreementModel& agreement, std::span<const Candidate> candidates, std::size_t a, std::size_t b) {
  double most = std::max(right_if_not(agreement, candidates[a], candidates[b]), right_if_not(agreement, candidates[b], candidates[a]));
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (i == a || i == b) continue;
    const double value = third_success(agreement, candidates[i], candidates[a], candidates[b]) - candidates[i].penalty;
    if (value <= most) continue;
    most = value;
    best = i;
  }
  return best;
}

std::optional<Plan> best_plan(const AgreementModel& agreement, std::span<const Candidate> candidates, bool may_compare) {
  std::optional<Plan> best = best_single(candidates);
  if (!best || !may_compare) return best;
  const std::vector<std::size_t> shortlist = most_valuable(candidates);
  for (const std::size_t a : shortlist) {
    for (const std::size_t b : shortlist) {
      if (b <= a) continue;
      const double paid = candidates[a].penalty + candidates[b].penalty;
      if (1 - paid <= best->value) continue;
      // Without a third model to ask, comparing changes nothing: one model alone is cheaper.
      const auto third = third_opinion(agreement, candidates, a, b);
      if (!third) continue;
      const double chance = agreement_chance(agreement, candidates[a], candidates[b]);
      const double success = chance * agreed_success(agreement, candidates[a], candidates[b]) +
                             (1 - chance) * third_success(agreement, candidates[*third], candidates[a], candidates[b]);
      const double value = success - paid - (1 - chance) * candidates[*third].penalty;
      if (value > best->value) best = Plan{.first = a, .second = b, .success = success, .value = value};
    }
  }
  return best;
}

}  // namespace xrouter::policy
