#include "xrouter/server/application.hpp"

#include <exception>

#include "xrouter/base/log.hpp"
#include "xrouter/server/admission.hpp"
#include "xrouter/server/error_response.hpp"
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

void log_failure(const Exchange& exchange, const Error& error) {
  const std::string text = std::string(label_of(error.kind)) + ": " + error.describe();
  if (traits_of(error.kind).http_status >= 500)
    log::warn(exchange.id().value, text);
  else
    log::debug(exchange.id().value, text);
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
    log_failure(exchange, done.error());
  const bool can_tell = !done && !client_left && !exchange.begun();
  if (can_tell) co_await exchange.send_error(done.error());

  constexpr int kClientClosedRequest = 499;
  const int status = exchange.begun() ? exchange.status() : kClientClosedRequest;
  worker_.shared.metrics.request(exchange.route ? exchange.route->label : "unknown", status, exchange.elapsed());
}

net::HttpResponse Application::reject(const Error& error) {
  net::HttpResponse response = error_response(error, false);
  worker_.shared.metrics.request("unparsed", response.head.status, Duration::zero());
  return response;
}

}  // namespace xrouter::server
