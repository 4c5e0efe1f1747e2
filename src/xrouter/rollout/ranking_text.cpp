#include "xrouter/rollout/ranking_text.hpp"

#include <algorithm>

#include "xrouter/policy/price_scale.hpp"
#include "xrouter/policy/router_prompt.hpp"
#include "xrouter/samples/draw.hpp"

namespace xrouter::rollout {
namespace {

using learner::TokenId;
using learner::TokenSequence;

std::vector<const ModelSpec*> some_of(std::vector<const ModelSpec*> models, Rng& rng) {
  std::erase_if(models, [](const ModelSpec* model) { return model->scores.empty() || !model->price.known(); });
  for (std::size_t i = models.size(); i > 1; --i) std::swap(models[i - 1], models[rng.below(i)]);
  if (models.size() > 2) models.resize(2 + rng.below(models.size() - 1));
  return models;
}

/// As a sample shows them that has other prices.
Result<std::shared_ptr<const ModelCatalog>> repriced(const std::vector<const ModelSpec*>& models, const ModelCatalog& catalog, Rng& rng) {
  samples::DisguiseOptions options;
  options.renamed_samples = 0;
  options.withheld_descriptions = 0;
  options.score_shift = 0;
  options.exact_prices = 0;
  samples::RouterSample sample;
  sample.models = samples::disguised(options, models, rng);
  return samples::catalog_of(sample, catalog);
}

/// The best first.
std::vector<OfferedModel> ranked(std::vector<OfferedModel> offered, double penalty) {
  const auto worse = [](const OfferedModel& a, const OfferedModel& b) { return policy::mean_score(*a.spec) < policy::mean_score(*b.spec); };
  const double unit = std::max(policy::blended_price(*std::max_element(offered.begin(), offered.end(), worse)->spec), 1e-15);
  const auto value = [&](const OfferedModel& model) { return policy::mean_score(*model.spec) / 100 - penalty * policy::blended_price(*model.spec) / unit; };
  std::stable_sort(offered.begin(), offered.end(), [&](const OfferedModel& a, const OfferedModel& b) { return value(a) > value(b); });
  return offered;
}

std::vector<TokenId> call_tokens(const std::string& tool, const chat_format::ChatFormat& format, const tokenizer::Tokenizer& tokenizer) {
  return chat_format::encode({{.text = format.beginning_of_call(tool), .trusted = true}}, tokenizer);
}

std::size_t shared_beginning(const std::vector<std::vector<TokenId>>& calls) {
  std::size_t length = 0;
  const std::vector<TokenId>& first = calls.front();
  const auto has_it = [&](const std::vector<TokenId>& call) { return length < call.size() && call[length] == first[length]; };
  while (length < first.size() && std::all_of(calls.begin(), calls.end(), has_it)) ++length;
  return length;
}

}  // namespace

TokenSequence ranking_text(const std::vector<const ModelSpec*>& models, const ModelCatalog& catalog, const chat_format::ChatFormat& format,
                           const tokenizer::Tokenizer& tokenizer, const RankingOptions& options, std::size_t max_tokens, Rng& rng) {
  const std::vector<const ModelSpec*> drawn = some_of(models, rng);
  if (drawn.size() < 2) return {};
  const double cost_weight = options.cost_weights[rng.below(options.cost_weights.size())];
  const auto shown = repriced(drawn, catalog, rng);
  if (!shown) return {};
  std::vector<ModelId> ids;
  for (const ModelSpec* model : drawn) ids.push_back(model->id);
  const std::vector<OfferedModel> offered = offer(**shown, ids);
  const auto prompt = format.render({{.role = Role::user, .content = policy::money_note(offered, cost_weight)}}, {}, chat_format::Thinking::off);
  if (!prompt) return {};

  TokenSequence text{.tokens = chat_format::encode(*prompt, tokenizer), .choices = {}};
  std::vector<std::vector<TokenId>> calls;
  for (const OfferedModel& model : ranked(offered, options.penalty * cost_weight)) calls.push_back(call_tokens(model.tool_name, format, tokenizer));
  const std::size_t before_name = shared_beginning(calls);
  for (const std::vector<TokenId>& call : calls) {
    if (text.tokens.size() + call.size() > max_tokens) break;
    for (std::size_t i = before_name; i < call.size(); ++i) text.choices.push_back({.at = static_cast<int>(text.tokens.size() + i)});
    text.tokens.insert(text.tokens.end(), call.begin(), call.end());
  }
  if (text.choices.empty()) return {};
  return text;
}

}  // namespace xrouter::rollout
