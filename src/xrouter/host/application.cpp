#include "xrouter/host/application.hpp"

#include <array>

#include "xrouter/server/error_boundary.hpp"
#include "xrouter/server/error_response.hpp"
#include "xrouter/server/response_headers.hpp"
#include "xrouter/server/sender.hpp"

namespace xrouter::host {
namespace {

using boost::asio::awaitable;
using server::Access;

// clang-format off
constexpr std::array<Route, 6> kRoutes{{
    {{"POST", "/v1/chat/completions", "chat",    Access::keyed}, chat_completions},
    {{"GET",  "/v1/models",           "models",  Access::keyed}, list_models},
    {{"GET",  "/v1/models/",          "model",   Access::keyed}, show_model},
    {{"GET",  "/health",              "health",  Access::open},  show_health},
    {{"GET",  "/ready",               "ready",   Access::open},  show_readiness},
    {{"GET",  "/metrics",             "metrics", Access::keyed}, show_metrics},
}};
// clang-format on

struct Entry {
  const Route* route = nullptr;
  std::string path_argument = {};
  net::Headers error_headers = {};
};

// Cheap refusals first, and nothing is looked at before its sender is known.
Result<void> admit(const net::HttpRequest& head, const Shared& shared, Entry& entry) {
  const std::string_view path = server::path_of(head.target);
  auto match = server::find_route(routes(), head.method, path);
  if (!match) {
    const std::string allowed = server::methods_of(routes(), path);
    if (!allowed.empty()) entry.error_headers.add("allow", allowed);
    return fail(match.error());
  }
  entry.route = match->route;
  entry.path_argument = std::move(match->argument);
  if (entry.route->access == Access::open) return {};
  if (auto sender = server::check_sender(head.headers, shared.server, shared.keys); !sender) return sender;
  if (shared.draining) return fail(ErrorKind::overloaded, "The server is shutting down.");
  if (auto key = shared.keys.check(head.headers.get("authorization")); !key) return fail(key.error());
  return {};
}

std::string_view label_of(const Route* route) { return route ? route->label : "unknown"; }

}  // namespace

std::span<const Route> routes() { return kRoutes; }

awaitable<void> Application::handle(net::HttpRequest request, net::ResponseWriter& response, CallScope& scope) {
  Exchange exchange(std::move(request), response, scope, worker_, server::make_request_id(worker_.rng));
  if (auto headers = server::preflight(exchange.request(), server::methods_of(routes(), exchange.path()), exchange.server_config())) {
    co_await exchange.send(204, std::move(*headers), std::string());
    co_return;
  }
  Entry entry;
  Result<void> done = admit(exchange.request(), worker_.shared, entry);
  exchange.path_argument = std::move(entry.path_argument);
  exchange.error_headers = std::move(entry.error_headers);
  if (done) done = co_await server::guarded(entry.route->endpoint(exchange));

  const bool client_left = scope.ended() || (!done && done.error().kind == ErrorKind::cancelled);
  if (!done && !client_left) server::log_failure(exchange.id(), done.error());
  const bool can_tell = !done && !client_left && !exchange.begun();
  if (can_tell) co_await exchange.send_error(done.error());

  constexpr int kClientClosedRequest = 499;
  const int status = exchange.begun() ? exchange.status() : kClientClosedRequest;
  worker_.shared.metrics.request(label_of(entry.route), status, exchange.elapsed());
}

net::HttpResponse Application::refusal(const Error& error, const net::Headers& asked, std::string_view route) {
  const RequestId id = server::make_request_id(worker_.rng);
  server::log_failure(id, error);
  net::HttpResponse response = server::error_response(error, false);
  server::add_common_headers(response.head.headers, asked, id, Duration::zero(), worker_.shared.server);
  worker_.shared.metrics.request(route, response.head.status, Duration::zero());
  return response;
}

std::optional<net::HttpResponse> Application::refuse_head(const net::HttpRequest& head) {
  Entry entry;
  const auto admitted = admit(head, worker_.shared, entry);
  if (admitted) return std::nullopt;
  net::HttpResponse response = refusal(admitted.error(), head.headers, label_of(entry.route));
  for (const net::Header& header : entry.error_headers.list()) response.head.headers.add(header.name, header.value);
  return response;
}

net::HttpResponse Application::reject(const Error& error) { return refusal(error, {}, "unparsed"); }

}  // namespace xrouter::host
