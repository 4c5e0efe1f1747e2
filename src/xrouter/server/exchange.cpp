#include "xrouter/server/exchange.hpp"

#include "xrouter/server/response_headers.hpp"

namespace xrouter::server {

Shared::Shared(std::shared_ptr<const config::Config> config, const service::Availability* availability, service::RequestBook* request_book,
               KeyRing key_ring)
    : initial(std::make_shared<Snapshot>(config, availability, &affinity, std::move(key_ring))), metrics(*config->catalog), book(request_book) {}

InFlightSlot::~InFlightSlot() {
  if (!shared_) return;
  --shared_->in_flight;
  shared_->metrics.in_flight(-1);
}

bool InFlightSlot::take(Shared& shared, int limit) {
  if (shared.in_flight.fetch_add(1) >= limit) {
    --shared.in_flight;
    return false;
  }
  shared_ = &shared;
  shared.metrics.in_flight(1);
  return true;
}

Exchange::Exchange(net::HttpRequest request, net::ResponseWriter& response, CallScope& connection, WorkerContext& worker)
    : HttpExchange(std::move(request), response, connection, make_request_id(worker.rng), worker.setup->snapshot->config().server),
      worker_(worker),
      setup_(worker.setup) {}

}  // namespace xrouter::server
