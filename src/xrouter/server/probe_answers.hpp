// What probes and scrapes are told, the same by every server of ours.
#pragma once

#include <string>

#include "xrouter/server/http_exchange.hpp"

namespace xrouter::server {

/// Alive: this thread runs.
boost::asio::awaitable<Result<void>> send_health(HttpExchange& exchange);
/// 200, or 503 when not ready.
boost::asio::awaitable<Result<void>> send_readiness(HttpExchange& exchange, bool ready);
/// `text` is in Prometheus' text format.
boost::asio::awaitable<Result<void>> send_metrics(HttpExchange& exchange, std::string text);

}  // namespace xrouter::server
