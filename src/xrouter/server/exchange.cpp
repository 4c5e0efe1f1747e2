#include "xrouter/server/exchange.hpp"

#include "xrouter/server/error_response.hpp"
#include "xrouter/server/response_headers.hpp"
#include "xrouter/server/routes.hpp"

namespace xrouter::server {

using boost::asio::awaitable;

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
    : request_(std::move(request)),
      response_(response),
      connection_(connection),
      worker_(worker),
      setup_(worker.setup),
      started_(connection.now()),
      id_(make_request_id(worker.rng)),
      path_(path_of(request_.target)) {}

void Exchange::add_common_headers(net::Headers& headers) const {
  server::add_common_headers(headers, request_.headers, id_, elapsed(), config().server);
}

awaitable<Result<void>> Exchange::send(int status, net::Headers headers, std::string body) {
  status_ = status;
  add_common_headers(headers);
  co_return co_await response_.send(status, std::move(headers), std::move(body));
}

awaitable<Result<void>> Exchange::send_json(std::string body) {
  net::Headers headers;
  headers.add("content-type", "application/json");
  co_return co_await send(200, std::move(headers), std::move(body));
}

awaitable<Result<void>> Exchange::send_error(const Error& error) {
  net::HttpResponse response = error_response(error, paid);
  for (const net::Header& header : error_headers.list()) response.head.headers.add(header.name, header.value);
  co_return co_await send(response.head.status, std::move(response.head.headers), std::move(response.body));
}

awaitable<Result<void>> Exchange::begin(int status, net::Headers headers, std::string_view first_piece) {
  status_ = status;
  add_common_headers(headers);
  co_return co_await response_.begin(status, std::move(headers), first_piece);
}

Result<void> Exchange::post(std::string_view piece, const net::Headers& headers) {
  if (!begun()) {
    status_ = 200;
    net::Headers all = headers;
    add_common_headers(all);
    auto begun = response_.begin_later(status_, std::move(all));
    if (!begun) return begun;
  }
  return response_.post(piece);
}

awaitable<Result<void>> Exchange::write(std::string_view piece) { co_return co_await response_.write(piece); }
awaitable<Result<void>> Exchange::finish() { co_return co_await response_.finish(); }

}  // namespace xrouter::server
