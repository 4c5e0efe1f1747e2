// Health, readiness and metrics. The probes need no key and tell nothing but yes or no.
#include "xrouter/server/exchange.hpp"
#include "xrouter/server/probe_answers.hpp"
#include "xrouter/server/routes.hpp"

namespace xrouter::server {

using boost::asio::awaitable;

awaitable<Result<void>> show_health(Exchange& exchange) { co_return co_await send_health(exchange); }

// Ready: a request sent now would be served. It asks no model: a probe must not cost money.
awaitable<Result<void>> show_readiness(Exchange& exchange) {
  const Shared& shared = exchange.shared();
  const bool ready = !shared.draining && (!shared.book || shared.book->accepting());
  co_return co_await send_readiness(exchange, ready);
}

awaitable<Result<void>> show_metrics(Exchange& exchange) {
  std::string text = exchange.shared().metrics.render();
  co_return co_await send_metrics(exchange, std::move(text));
}

}  // namespace xrouter::server
