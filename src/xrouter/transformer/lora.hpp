// A LoRA adapter put into a model: merged into its weights, or computed beside them.
#pragma once

#include "xrouter/base/result.hpp"
#include "xrouter/transformer/model.hpp"
#include "xrouter/weights/adapter.hpp"

namespace xrouter::transformer {

enum class AdapterPlace { merged, apart };

/// Before prepare(). Merged weights are computed in float32 and rounded once. Apart costs two small products
/// a layer and keeps the weights as they were: training, or several adapters of one model.
/// Error: config, for an adapter that does not belong to this model.
Result<void> add_adapter(ModelWeights& weights, const weights::Adapter& adapter, AdapterPlace place);

}  // namespace xrouter::transformer
