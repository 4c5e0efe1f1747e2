// Learns an NgramModel from recorded outcomes.
#pragma once

#include <functional>
#include <vector>

#include "xrouter/policy/ngram_model.hpp"
#include "xrouter/train/held_out.hpp"
#include "xrouter/train/outcome_data.hpp"

namespace xrouter::train {

struct NgramOptions {
  std::uint64_t seed = 1;
  int epochs = 4;
  int bucket_bits = 15;
  double shared_rate = 0.03;   ///< AdaGrad step of the weights that all models share: how hard is the text
  double model_rate = 0.01;    ///< of each model's own deviation from them
  double shared_decay = 0.003; ///< L2
  double model_decay = 0.01;
  double feature_gain = 3;     ///< length of a feature vector during training
  double bare_share = 0.5;     ///< how often a question is shown without its prompt template
  int folds = 5;               ///< of cross-fitting, for what is tuned on predictions
};

/// Mean log-loss per outcome and mean AUC over the models of a group.
struct FitQuality {
  double loss = 0;
  double auc = 0;
};
struct EpochRecord {
  int epoch = 0;
  std::vector<FitQuality> train;  ///< one a group
  std::vector<FitQuality> dev;
};

struct Trained {
  policy::NgramModel::Parameters parameters;  ///< cost_scale is left to the caller
  HeldOutModels held_out;
  std::vector<EpochRecord> curve;
};

/// Weights from split train; agreement coefficients from splits train and dev with the predictions
/// of held-out models. One thread; the same data and options give the same bytes. `progress` is called with examples seen and in all.
Trained train_ngram(const OutcomeData& data, const NgramOptions& options, const std::function<void(std::size_t, std::size_t)>& progress = {});

}  // namespace xrouter::train
