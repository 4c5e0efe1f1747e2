// From the configuration to an episode: the one place. Serving lays a request over it, evaluation a question.
#pragma once

#include <vector>

#include "xrouter/config/config.hpp"
#include "xrouter/engine/spec.hpp"

namespace xrouter::service {

/// The policy is a language model, at an upstream or in this process: it takes its time, and reads the cost weight.
bool decides_by_language_model(const config::Config& config);

/// The model of the catalogue whose tokens deciding is paid in; null for a policy that costs nothing, such as a
/// language model in this process that the catalogue does not know.
const ModelSpec* router_model(const config::Config& config);

/// Catalogue, limits, mode and cost weight of every episode; without request and offered models.
EpisodeSpec base_spec(const config::Config& config);

/// The models that the configuration lists, else every active one of the catalogue. The router's own model is
/// no tool of the router, unless the operator lists it.
std::vector<OfferedModel> listed_models(const config::Config& config);

}  // namespace xrouter::service
