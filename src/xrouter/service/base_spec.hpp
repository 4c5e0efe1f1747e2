// From the configuration to an episode: the one place. Serving lays a request over it, evaluation a question.
#pragma once

#include <vector>

#include "xrouter/config/config.hpp"
#include "xrouter/engine/spec.hpp"

namespace xrouter::service {

/// Catalogue, limits, mode and cost weight of every episode; without request and offered models.
EpisodeSpec base_spec(const config::Config& config);

/// The models that the configuration lists, else every active one of the catalogue. The router's own model is
/// no tool of the router, unless the operator lists it.
std::vector<OfferedModel> listed_models(const config::Config& config);

}  // namespace xrouter::service
