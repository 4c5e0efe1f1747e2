// Predictions that were not learned from the question they are about.
#pragma once

#include <vector>

#include "xrouter/policy/ngram_model.hpp"

namespace xrouter::train {

/// On the questions it was fitted to, a model looks better than it is. So split train is dealt into
/// folds, and each fold is predicted by a model that has not seen it; all other questions are
/// predicted by the model that saw every fold.
struct HeldOutModels {
  std::vector<policy::NgramModel> models = {};
  std::vector<std::size_t> of_example = {};  ///< index into `models`, one an example

  const policy::NgramModel& for_example(std::size_t example) const { return models[of_example[example]]; }
};

}  // namespace xrouter::train
