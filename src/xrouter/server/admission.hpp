// What every request passes before its endpoint.
#pragma once

#include "xrouter/server/exchange.hpp"

namespace xrouter::server {

/// Runs the gates in their order; the first refusal is the answer.
Result<void> admit(Exchange& exchange);

/// A CORS preflight from a configured origin: the headers of its 204, else nullopt.
std::optional<net::Headers> preflight(const Exchange& exchange);

}  // namespace xrouter::server
