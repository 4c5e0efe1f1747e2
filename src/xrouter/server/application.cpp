#include "xrouter/server/application.hpp"

#include <exception>

#include "xrouter/base/log.hpp"
#include "xrouter/server/admission.hpp"
#include "xrouter/server/error_response.hpp"
#include "xrouter/server/response_headers.hpp"
#include "xrouter/server/routes.hpp"

namespace xrouter::server {
namespace {

using boost::asio::awaitable;

// An exception is a bug or lack of memory; it ends this request and no other.
awaitable<Result<void>> answer(Exchange& exchange) {
  std::string thrown;
  try {
    co_return co_await exchange.route->endpoint(exchange);
  } catch (const std::exception& error) {
    thrown = error.what();
  } catch (...) {
    thrown = "unknown exception";
  }
  co_return fail(ErrorKind::internal, "", "exception: " + thrown);
}

std::string_view label_of(const Route* route) { return route ? route->label : "unknown"; }

void log_failure(const RequestId& id, const Error& error) {
  const std::string text = std::string(xrouter::label_of(error.kind)) + ": " + error.describe();
  if (traits_of(error.kind).http_status >= 500)
    log::warn(id.value, text);
  else
    log::debug(id.value, text);
}

}  // namespace

awaitable<void> Application::handle(net::HttpRequest request, net::ResponseWriter& response, CallScope& scope) {
  Exchange exchange(std::move(request), response, scope, worker_);
  if (auto headers = preflight(exchange)) {
    co_await exchange.send(204, std::move(*headers), std::string());
    co_return;
  }
  Result<void> done = admit(exchange);
  if (done) done = co_await answer(exchange);

  const bool client_left = scope.ended() || (!done && done.error().kind == ErrorKind::cancelled);
  if (client_left)
    worker_.shared.metrics.cancelled();
  else if (!done)
    log_failure(exchange.id(), done.error());
  const bool can_tell = !done && !client_left && !exchange.begun();
  if (can_tell) co_await exchange.send_error(done.error());

  constexpr int kClientClosedRequest = 499;
  const int status = exchange.begun() ? exchange.status() : kClientClosedRequest;
  worker_.shared.metrics.request(label_of(exchange.route), status, exchange.elapsed());
}

net::HttpResponse Application::refusal(const Error& error, const net::Headers& asked, std::string_view route) {
  const RequestId id = make_request_id(worker_.rng);
  log_failure(id, error);
  net::HttpResponse response = error_response(error, false);
  add_common_headers(response.head.headers, asked, id, Duration::zero(), worker_.setup->snapshot->config().server);
  worker_.shared.metrics.request(route, response.head.status, Duration::zero());
  return response;
}

std::optional<net::HttpResponse> Application::refuse_head(const net::HttpRequest& head) {
  Entry entry;
  const auto admitted = admit_head(head, worker_.shared, *worker_.setup->snapshot, entry);
  if (admitted) return std::nullopt;
  net::HttpResponse response = refusal(admitted.error(), head.headers, label_of(entry.route));
  for (const net::Header& header : entry.error_headers.list()) response.head.headers.add(header.name, header.value);
  return response;
}

net::HttpResponse Application::reject(const Error& error) { return refusal(error, {}, "unparsed"); }

}  // namespace xrouter::server
