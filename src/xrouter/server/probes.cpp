// Health, readiness and metrics. The probes need no key and tell nothing but yes or no.
#include "xrouter/server/exchange.hpp"
#include "xrouter/server/routes.hpp"

namespace xrouter::server {

using boost::asio::awaitable;

// Alive: this thread runs.
awaitable<Result<void>> show_health(Exchange& exchange) {
  std::string body = R"({"status":"ok"})";
  co_return co_await exchange.send_json(std::move(body));
}

// Ready: a request sent now would be served. It asks no model: a probe must not cost money.
awaitable<Result<void>> show_readiness(Exchange& exchange) {
  const Shared& shared = exchange.shared();
  const bool ready = !shared.draining && (!shared.book || shared.book->accepting());
  net::Headers headers;
  headers.add("content-type", "application/json");
  std::string body = ready ? R"({"ready":true})" : R"({"ready":false})";
  co_return co_await exchange.send(ready ? 200 : 503, std::move(headers), std::move(body));
}

awaitable<Result<void>> show_metrics(Exchange& exchange) {
  net::Headers headers;
  headers.add("content-type", "text/plain; version=0.0.4; charset=utf-8");
  std::string body = exchange.shared().metrics.render();
  co_return co_await exchange.send(200, std::move(headers), std::move(body));
}

}  // namespace xrouter::server
