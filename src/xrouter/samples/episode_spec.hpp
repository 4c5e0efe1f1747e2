// From a sample to the episode that asks it.
#pragma once

#include "xrouter/engine/spec.hpp"
#include "xrouter/samples/sample.hpp"

namespace xrouter::samples {

/// `base` gives what a sample does not say: limits, mode, the router's price, estimator. The request is one user message
/// with the question's prompt, the offered models are the sample's, in its order, under the names and prices it shows.
/// `shown` is catalog_of(sample). Precondition: `shown` has every model of the sample.
EpisodeSpec episode_spec(const RouterSample& sample, const corpus::Question& question, std::shared_ptr<const ModelCatalog> shown,
                         double cost_weight, EpisodeSpec base = {});

}  // namespace xrouter::samples
