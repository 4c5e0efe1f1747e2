// What split train tells of each model on its own. The simplest baselines need nothing else.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "xrouter/train/outcome_data.hpp"

namespace xrouter::baselines {

/// What a router expects of one model on one question.
struct Estimate {
  double success = 0;        ///< probability of a right answer
  double output_tokens = 0;
};

struct ModelStats {
  std::size_t outcomes = 0;
  double accuracy = 0;       ///< shrunk a little towards one half, so that few outcomes prove little
  double input_tokens = 0;   ///< mean
  double output_tokens = 0;  ///< mean
};

/// Means over split train; no other split is looked at. Immutable.
class TrainStats {
 public:
  explicit TrainStats(const train::OutcomeData& data);

  /// A model without outcomes gets the prior of its tier and a typical length.
  ModelStats of(const ModelSpec& model) const;
  /// Index into OutcomeData::models; nullopt for a model without outcomes in split train.
  std::optional<std::size_t> index_of(const ModelSpec& model) const;
  double tokens_per_byte() const { return tokens_per_byte_; }

 private:
  std::unordered_map<std::string, std::size_t> index_;
  std::vector<ModelStats> stats_;
  double tokens_per_byte_ = 0.25;
  double mean_input_tokens_ = 0;
};

/// The prompts of split train, in order: what estimators are fitted on. Views into `data`.
std::vector<std::string_view> train_texts(const train::OutcomeData& data);

/// US dollars of a call at the price of `model`; nullopt when that is unknown.
std::optional<double> expected_cost_usd(const ModelSpec& model, double input_tokens, double output_tokens);
/// The mean cost of a model's calls in split train at its present price; above every known one when unknown.
double mean_cost_usd(const TrainStats& stats, const ModelSpec& model);

}  // namespace xrouter::baselines
