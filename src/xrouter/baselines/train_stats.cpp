#include "xrouter/baselines/train_stats.hpp"

#include <algorithm>
#include <limits>

#include "xrouter/policy/ngram_model.hpp"

namespace xrouter::baselines {

TrainStats::TrainStats(const train::OutcomeData& data) : stats_(data.models.size()) {
  double tokens = 0;
  double bytes = 0;
  std::size_t examples = 0;
  std::vector<double> right(data.models.size(), 0);
  for (const train::Example& example : data.examples) {
    if (example.split != corpus::Split::train) continue;
    ++examples;
    tokens += static_cast<double>(example.rows.front().in_tok);
    bytes += static_cast<double>(example.prompt.size());
    for (const train::OutcomeRow& row : example.rows) {
      ModelStats& stats = stats_[row.model];
      stats.outcomes += 1;
      stats.input_tokens += static_cast<double>(row.in_tok);
      stats.output_tokens += static_cast<double>(row.out_tok);
      right[row.model] += row.correct ? 1 : 0;
    }
  }
  if (bytes > 0 && tokens > 0) tokens_per_byte_ = tokens / bytes;
  mean_input_tokens_ = tokens / static_cast<double>(std::max<std::size_t>(examples, 1));
  for (std::size_t m = 0; m < stats_.size(); ++m) {
    ModelStats& stats = stats_[m];
    if (stats.outcomes == 0) continue;
    const auto count = static_cast<double>(stats.outcomes);
    stats.input_tokens /= count;
    stats.output_tokens /= count;
    stats.accuracy = (right[m] + 1) / (count + 2);
    index_.emplace(data.models[m]->id.value, m);
  }
}

std::optional<std::size_t> TrainStats::index_of(const ModelSpec& model) const {
  const auto it = index_.find(model.id.value);
  return it == index_.end() ? std::nullopt : std::optional(it->second);
}

ModelStats TrainStats::of(const ModelSpec& model) const {
  if (const auto index = index_of(model)) return stats_[*index];
  const policy::Prediction prior = policy::prior_of(model.tier);
  return {.outcomes = 0,
          .accuracy = policy::probability_of(prior.log_odds),
          .input_tokens = mean_input_tokens_,
          .output_tokens = prior.output_tokens};
}

std::optional<double> expected_cost_usd(const ModelSpec& model, double input_tokens, double output_tokens) {
  if (!model.price.known()) return std::nullopt;
  return input_tokens * model.price.input->to_double() + output_tokens * model.price.output->to_double() +
         model.price.per_call.value_or(Usd::zero()).to_double();
}

std::vector<std::string_view> train_texts(const train::OutcomeData& data) {
  std::vector<std::string_view> texts;
  for (const train::Example& example : data.examples)
    if (example.split == corpus::Split::train) texts.push_back(example.prompt);
  return texts;
}

double mean_cost_usd(const TrainStats& stats, const ModelSpec& model) {
  const ModelStats mean = stats.of(model);
  return expected_cost_usd(model, mean.input_tokens, mean.output_tokens).value_or(std::numeric_limits<double>::max());
}

}  // namespace xrouter::baselines
