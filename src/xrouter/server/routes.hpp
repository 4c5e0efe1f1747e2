// The one table of what the server answers.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <span>
#include <string_view>

#include "xrouter/base/result.hpp"
#include "xrouter/server/route_match.hpp"

namespace xrouter::server {

class Exchange;

/// Returns an error for the error boundary to send, unless the exchange has begun its answer.
using Endpoint = boost::asio::awaitable<Result<void>> (*)(Exchange&);

struct Route : RouteHead {
  bool takes_chat = false;  ///< the body is a chat request; the ledger must accept
  Endpoint endpoint = nullptr;
};

std::span<const Route> routes();

// The endpoints, each in its own file.
boost::asio::awaitable<Result<void>> chat_completions(Exchange& exchange);
boost::asio::awaitable<Result<void>> list_models(Exchange& exchange);
boost::asio::awaitable<Result<void>> show_model(Exchange& exchange);
boost::asio::awaitable<Result<void>> show_health(Exchange& exchange);
boost::asio::awaitable<Result<void>> show_readiness(Exchange& exchange);
boost::asio::awaitable<Result<void>> show_metrics(Exchange& exchange);

}  // namespace xrouter::server
