#include "xrouter/server/application.hpp"

#include "xrouter/server/admission.hpp"
#include "xrouter/server/error_boundary.hpp"
#include "xrouter/server/error_response.hpp"
#include "xrouter/server/response_headers.hpp"
#include "xrouter/server/routes.hpp"
#include "xrouter/server/sender.hpp"

namespace xrouter::server {
namespace {

using boost::asio::awaitable;

std::string_view label_of(const Route* route) { return route ? route->label : "unknown"; }

}  // namespace

awaitable<void> Application::handle(net::HttpRequest request, net::ResponseWriter& response, CallScope& scope) {
  Exchange exchange(std::move(request), response, scope, worker_);
  if (auto headers = preflight(exchange.request(), methods_of(routes(), exchange.path()), exchange.server_config())) {
    co_await exchange.send(204, std::move(*headers), std::string());
    co_return;
  }
  Result<void> done = admit(exchange);
  if (done) done = co_await guarded(exchange.route->endpoint(exchange));

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
