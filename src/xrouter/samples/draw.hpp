// One sample of a question: its pool, its names and its prices, by chance.
#pragma once

#include "xrouter/base/rng.hpp"
#include "xrouter/samples/candidates.hpp"

namespace xrouter::samples {

struct DrawnPool {
  std::string name;  ///< of the fixed pool, or "random"
  std::vector<const ModelSpec*> models = {};
};

/// Some of `models`, in the order of the prompt. Precondition: at least options.models.from of them.
DrawnPool draw_pool(const PoolOptions& options, const std::vector<const ModelSpec*>& models, Rng& rng);

/// The models as a sample shows them.
std::vector<SampleModel> disguised(const DisguiseOptions& options, const std::vector<const ModelSpec*>& models, Rng& rng);

}  // namespace xrouter::samples
