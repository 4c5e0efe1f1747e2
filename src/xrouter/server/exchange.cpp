#include "xrouter/server/exchange.hpp"

#include <algorithm>

#include "xrouter/server/error_response.hpp"

namespace xrouter::server {
namespace {

using boost::asio::awaitable;

RequestId make_request_id(Rng& rng) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text = "chatcmpl-";
  for (int word = 0; word < 2; ++word)
    for (std::uint64_t bits = rng.next(), i = 0; i < 16; ++i, bits >>= 4) text += kHex[bits & 15];
  return RequestId(std::move(text));
}

std::string milliseconds_of(Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

}  // namespace

Shared::Shared(std::shared_ptr<const config::Config> config, const service::Availability* availability, service::RequestBook* request_book,
               KeyRing key_ring)
    : planner(config, availability, &affinity), metrics(*config->catalog), keys(std::move(key_ring)), book(request_book) {}

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
      started_(connection.now()),
      id_(make_request_id(worker.rng)),
      path_(std::string_view(request_.target).substr(0, request_.target.find('?'))) {}

void Exchange::add_common_headers(net::Headers& headers) const {
  headers.add("x-request-id", id_.value);
  headers.add("openai-processing-ms", milliseconds_of(elapsed()));
  const std::vector<std::string>& origins = worker_.shared.config().server.cors_origins;
  if (origins.empty()) return;
  // One URL answers differently by origin: caches must know, even when this one is not allowed.
  headers.add("vary", "origin");
  const std::string_view origin = request_.headers.get("origin");
  if (std::ranges::find(origins, origin) == origins.end()) return;
  headers.add("access-control-allow-origin", std::string(origin));
  headers.add("access-control-expose-headers", "x-request-id, retry-after, x-xrouter-model, x-xrouter-cost");
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

awaitable<Result<void>> Exchange::write(std::string_view piece) { co_return co_await response_.write(piece); }
awaitable<Result<void>> Exchange::finish() { co_return co_await response_.finish(); }

}  // namespace xrouter::server
