#include "xrouter/baselines/cascades.hpp"

#include <algorithm>
#include <cmath>

#include "xrouter/policy/agreement.hpp"
#include "xrouter/policy/cascade.hpp"
#include "xrouter/policy/decisions.hpp"
#include "xrouter/policy/fixed.hpp"
#include "xrouter/train/logistic_fit.hpp"

namespace xrouter::baselines {
namespace {

double log_odds_of(double probability) {
  const double p = std::clamp(probability, 0.01, 0.99);
  return std::log(p / (1 - p));
}

double confidence_of(const ReplyModel& model, const ReplySigns& signs) {
  double sum = 0;
  for (std::size_t i = 0; i < signs.size(); ++i) sum += static_cast<double>(model[i]) * signs[i];
  return policy::probability_of(sum);
}

// Estimated where the upstream did not report it.
double output_tokens_of(const ChatReply& reply) {
  if (reply.usage) return static_cast<double>(reply.usage->completion_tokens);
  constexpr double kBytesPerToken = 4;
  return static_cast<double>(reply.text().size()) / kBytesPerToken;
}

const CallRecord* call_of(const Transcript& transcript, const ModelSpec* model) {
  for (const Turn& turn : transcript.turns)
    for (const CallRecord& record : turn.calls)
      if (record.model == model) return &record;
  return nullptr;
}

}  // namespace

CascadeRoles cascade_roles(const TrainStats& stats, const Models& offered) {
  const auto stronger = [&](const ModelSpec* a, const ModelSpec* b) { return stats.of(*a).accuracy > stats.of(*b).accuracy; };
  const auto cheaper = [&](const ModelSpec* a, const ModelSpec* b) { return mean_cost_usd(stats, *a) < mean_cost_usd(stats, *b); };
  CascadeRoles roles{.strong = *std::min_element(offered.begin(), offered.end(), stronger)};
  const double most = kCheapShare * mean_cost_usd(stats, *roles.strong);
  for (const ModelSpec* model : offered)
    if (model != roles.strong && mean_cost_usd(stats, *model) <= most) roles.cheap.push_back(model);
  std::stable_sort(roles.cheap.begin(), roles.cheap.end(), stronger);
  const ModelSpec* cheapest = *std::min_element(offered.begin(), offered.end(), cheaper);
  if (roles.cheap.empty() && cheapest != roles.strong) roles.cheap.push_back(cheapest);
  return roles;
}

ReplySigns reply_signs(const ReplyFacts& facts) {
  const double length = std::log1p(facts.output_tokens) - std::log1p(facts.usual_output_tokens);
  return {1, facts.log_odds, length, length * length, std::log1p(static_cast<double>(facts.answer_bytes))};
}

ThresholdFit fit_threshold(const train::OutcomeData& data, std::shared_ptr<const TrainStats> stats, std::shared_ptr<const Estimator> questions,
                           double cost_scale) {
  train::Logistic<std::tuple_size_v<ReplySigns>> reply;
  for (const train::Example& example : data.examples) {
    if (example.split != corpus::Split::dev) continue;
    Models offered;
    for (const train::OutcomeRow& row : example.rows) offered.push_back(data.models[row.model]);
    const CascadeRoles roles = cascade_roles(*stats, offered);
    const std::vector<Estimate> estimates = questions->estimate(example.prompt, offered);
    for (std::size_t i = 0; i < offered.size(); ++i) {
      if (std::find(roles.cheap.begin(), roles.cheap.end(), offered[i]) == roles.cheap.end()) continue;
      const train::OutcomeRow& row = example.rows[i];
      const ReplyFacts facts{.log_odds = log_odds_of(estimates[i].success),
                             .output_tokens = static_cast<double>(row.out_tok),
                             .usual_output_tokens = stats->of(*offered[i]).output_tokens,
                             .answer_bytes = row.final_answer.size()};
      reply.add(reply_signs(facts), row.correct, 1);
    }
  }
  return {.stats = std::move(stats), .questions = std::move(questions), .reply = reply.fit(), .cost_scale = cost_scale};
}

boost::asio::awaitable<PolicyReply> ThresholdCascade::decide(const DecisionPrompt& prompt, CallScope&) {
  const Models offered = offered_models(prompt.spec);
  if (offered.empty()) co_return policy::give_up(prompt.transcript);
  const CascadeRoles roles = cascade_roles(*fit_->stats, offered);
  const CallRecord* strong_call = call_of(prompt.transcript, roles.strong);
  const CallRecord* cheap_call = roles.cheap.empty() ? nullptr : call_of(prompt.transcript, roles.cheap.front());
  const bool strong_is_left = prompt.may_call && strong_call == nullptr;
  const bool cheap_is_left = prompt.may_call && cheap_call == nullptr && !roles.cheap.empty();
  if (cheap_is_left && strong_call == nullptr) co_return policy::call_models({roles.cheap.front()->id});

  const std::string text = last_user_text(prompt.spec.request);
  const Models asked = roles.cheap.empty() ? Models{roles.strong} : Models{roles.strong, roles.cheap.front()};
  const std::vector<Estimate> estimates = fit_->questions->estimate(text, asked);
  PolicyReply reply = strong_is_left ? policy::commit_to(roles.strong->id) : policy::give_up(prompt.transcript);
  if (strong_is_left) reply.confidence = estimates[0].success;
  if (cheap_call == nullptr || cheap_call->status != CallStatus::ok) co_return reply;

  const ReplyFacts facts{.log_odds = log_odds_of(estimates[1].success),
                         .output_tokens = output_tokens_of(*cheap_call->reply),
                         .usual_output_tokens = fit_->stats->of(*roles.cheap.front()).output_tokens,
                         .answer_bytes = policy::final_answer(cheap_call->reply->text()).size()};
  const double confidence = confidence_of(fit_->reply, reply_signs(facts));
  const double threshold = estimates[0].success - prompt.spec.cost_weight * fit_->cost_scale;
  if (strong_is_left && confidence < threshold) co_return reply;
  reply = policy::select(cheap_call->id);
  reply.confidence = confidence;
  co_return reply;
}

boost::asio::awaitable<PolicyReply> AgreementCascade::decide(const DecisionPrompt& prompt, CallScope& scope) {
  const Models offered = offered_models(prompt.spec);
  if (offered.empty()) co_return policy::give_up(prompt.transcript);
  const CascadeRoles roles = cascade_roles(*stats_, offered);
  if (roles.cheap.size() < 2) {
    policy::FixedPolicy strong(roles.strong->id);
    co_return co_await strong.decide(prompt, scope);
  }
  const policy::CascadeModels models{.first = roles.cheap[0]->id, .second = roles.cheap[1]->id, .strong = roles.strong->id};
  policy::CascadePolicy cascade(models);
  co_return co_await cascade.decide(prompt, scope);
}

}  // namespace xrouter::baselines
