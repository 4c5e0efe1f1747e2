#include "xrouter/server/http_exchange.hpp"

#include "xrouter/server/error_response.hpp"
#include "xrouter/server/response_headers.hpp"
#include "xrouter/server/route_match.hpp"

namespace xrouter::server {

using boost::asio::awaitable;

HttpExchange::HttpExchange(net::HttpRequest request, net::ResponseWriter& response, CallScope& connection, RequestId id,
                           const config::ServerConfig& config)
    : request_(std::move(request)),
      response_(response),
      connection_(connection),
      config_(config),
      started_(connection.now()),
      id_(std::move(id)),
      path_(path_of(request_.target)) {}

void HttpExchange::add_common_headers(net::Headers& headers) const {
  server::add_common_headers(headers, request_.headers, id_, elapsed(), config_);
}

awaitable<Result<void>> HttpExchange::send(int status, net::Headers headers, std::string body) {
  status_ = status;
  add_common_headers(headers);
  co_return co_await response_.send(status, std::move(headers), std::move(body));
}

awaitable<Result<void>> HttpExchange::send_json(std::string body) {
  net::Headers headers;
  headers.add("content-type", "application/json");
  co_return co_await send(200, std::move(headers), std::move(body));
}

awaitable<Result<void>> HttpExchange::send_error(const Error& error) {
  net::HttpResponse response = error_response(error, paid);
  for (const net::Header& header : error_headers.list()) response.head.headers.add(header.name, header.value);
  co_return co_await send(response.head.status, std::move(response.head.headers), std::move(response.body));
}

awaitable<Result<void>> HttpExchange::begin(int status, net::Headers headers, std::string_view first_piece) {
  status_ = status;
  add_common_headers(headers);
  co_return co_await response_.begin(status, std::move(headers), first_piece);
}

Result<void> HttpExchange::post(std::string_view piece, const net::Headers& headers) {
  if (!begun()) {
    status_ = 200;
    net::Headers all = headers;
    add_common_headers(all);
    auto begun = response_.begin_later(status_, std::move(all));
    if (!begun) return begun;
  }
  return response_.post(piece);
}

awaitable<Result<void>> HttpExchange::write(std::string_view piece) { co_return co_await response_.write(piece); }
awaitable<Result<void>> HttpExchange::finish() { co_return co_await response_.finish(); }

}  // namespace xrouter::server
