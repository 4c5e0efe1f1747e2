// The HTTP application of one worker of `host`.
#pragma once

#include "xrouter/host/exchange.hpp"
#include "xrouter/server/route_match.hpp"

namespace xrouter::host {

struct Route : server::RouteHead {
  boost::asio::awaitable<Result<void>> (*endpoint)(Exchange&) = nullptr;
};
std::span<const Route> routes();

// The endpoints.
boost::asio::awaitable<Result<void>> chat_completions(Exchange& exchange);
boost::asio::awaitable<Result<void>> list_models(Exchange& exchange);
boost::asio::awaitable<Result<void>> show_model(Exchange& exchange);
boost::asio::awaitable<Result<void>> show_health(Exchange& exchange);
boost::asio::awaitable<Result<void>> show_readiness(Exchange& exchange);
boost::asio::awaitable<Result<void>> show_metrics(Exchange& exchange);

/// One per worker, on its thread. `shared` outlives it.
class Application final : public net::HttpHandler {
 public:
  Application(Shared& shared, Rng rng) : worker_{.shared = shared, .rng = rng} {}
  boost::asio::awaitable<void> handle(net::HttpRequest request, net::ResponseWriter& response, CallScope& scope) override;
  std::optional<net::HttpResponse> refuse_head(const net::HttpRequest& head) override;
  net::BodyBudget* body_budget() override { return &worker_.shared.bodies; }
  net::HttpResponse reject(const Error& error) override;

 private:
  /// For requests that never become an Exchange.
  net::HttpResponse refusal(const Error& error, const net::Headers& asked, std::string_view route);

  WorkerContext worker_;
};

}  // namespace xrouter::host
