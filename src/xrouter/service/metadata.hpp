// `router_metadata`: what a client is told about how its answer came about and what it cost.
#pragma once

#include <string>

#include "xrouter/engine/episode.hpp"

namespace xrouter::service {

/// A JSON object. Money appears twice: as exact decimal USD numbers, and as integer strings of
/// pico-dollars that a client can sum without rounding. An unknown total is null beside its lower
/// bound.
RawJson render_metadata(const Episode& episode, const Outcome& outcome, std::string_view strategy, Duration total_time);

}  // namespace xrouter::service
