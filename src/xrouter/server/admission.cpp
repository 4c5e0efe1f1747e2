#include "xrouter/server/admission.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "xrouter/server/routes.hpp"
#include "xrouter/server/sender.hpp"
#include "xrouter/upstream/endpoint.hpp"
#include "xrouter/wire/openai/codec.hpp"

namespace xrouter::server {
namespace {

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(number) : std::nullopt;
}

// What the gates of the head look at and fill in.
struct Arrival {
  const net::HttpRequest& head;
  const Shared& shared;
  const Snapshot& snapshot;
  Entry& entry;
};

Result<void> look_up_route(Arrival& arrival) {
  const std::string_view path = path_of(arrival.head.target);
  auto match = find_route(routes(), arrival.head.method, path);
  if (!match) {
    const std::string allowed = methods_of(routes(), path);
    if (!allowed.empty()) arrival.entry.error_headers.add("allow", allowed);
    return fail(match.error());
  }
  arrival.entry.route = match->route;
  arrival.entry.path_argument = std::move(match->argument);
  return {};
}

bool is_open(const Arrival& arrival) { return arrival.entry.route->access == Access::open; }

Result<void> check_page(Arrival& arrival) {
  if (is_open(arrival)) return {};
  return check_sender(arrival.head.headers, arrival.snapshot.config().server, arrival.snapshot.keys);
}

Result<void> check_draining(Arrival& arrival) {
  if (is_open(arrival) || !arrival.shared.draining) return {};
  return fail(ErrorKind::overloaded, "The server is shutting down.");
}

Result<void> check_key(Arrival& arrival) {
  if (is_open(arrival)) return {};
  auto fingerprint = arrival.snapshot.keys.check(arrival.head.headers.get("authorization"));
  if (!fingerprint) return fail(fingerprint.error());
  arrival.entry.key_fingerprint = std::move(*fingerprint);
  return {};
}

// A router that is its own upstream, by accident or in a ring, would multiply calls without end.
Result<void> check_depth(Arrival& arrival) {
  const std::string_view header = arrival.head.headers.get(upstream::kDepthHeader);
  if (header.empty()) return {};
  const auto depth = number_in(header);
  if (depth && *depth >= 0 && *depth <= arrival.snapshot.config().episode.max_depth) {
    arrival.entry.depth = static_cast<int>(*depth);
    return {};
  }
  return fail(Error{.kind = ErrorKind::invalid_request,
                    .public_text = "The request has passed through too many routers; is this router its own upstream?",
                    .code = "recursion_limit"});
}

// What cannot be recorded must not be spent.
Result<void> check_ledger(Arrival& arrival) {
  const service::RequestBook* book = arrival.shared.book;
  if (!arrival.entry.route->takes_chat || !book || book->accepting()) return {};
  return fail(ErrorKind::overloaded, "The server cannot account for more requests at the moment.", "the ledger does not accept");
}

Result<void> take_slot(Exchange& exchange) {
  Shared& shared = exchange.shared();
  if (exchange.route->access == Access::open) return {};
  if (exchange.slot.take(shared, static_cast<int>(shared.initial->config().server.max_in_flight))) return {};
  return fail(ErrorKind::overloaded, "The server is answering as many requests as it may. Try again in a moment.");
}

Result<void> parse_body(Exchange& exchange) {
  if (!exchange.route->takes_chat) return {};
  wire::openai::RequestLimits limits;
  limits.reject_unknown_fields = exchange.config().server.strict_fields;
  auto request = wire::openai::parse_chat_request(exchange.request().body, limits);
  if (!request) return fail(request.error());
  exchange.chat = std::move(*request);
  return {};
}

// The official clients say how long they will wait, and whether they have asked before.
Result<void> read_client_hints(Exchange& exchange) {
  const net::Headers& headers = exchange.request().headers;
  const auto timeout = number_in(headers.get("x-stainless-timeout"));
  constexpr std::int64_t kDay = 86'400;
  if (timeout && *timeout > 0) exchange.hints.timeout = std::chrono::seconds(std::min(*timeout, kDay));
  if (number_in(headers.get("x-stainless-retry-count")).value_or(0) > 0) exchange.shared().metrics.client_retry();
  return {};
}

// The order is the point: cheap refusals first, nothing about a request is looked at before its
// sender is known, and nothing is spent before it is known to be recordable. Around all of them
// stand the request id (Exchange), the metrics and the error boundary (Application::handle); behind
// them the endpoint sets the deadline.
using HeadGate = Result<void> (*)(Arrival&);
constexpr std::array<HeadGate, 6> kHeadGates{
    look_up_route,   // 404, 405
    check_page,      // 403
    check_draining,  // 503 overloaded
    check_key,       // 401
    check_depth,     // 400 recursion_limit
    check_ledger,    // 503 overloaded
};
using Gate = Result<void> (*)(Exchange&);
constexpr std::array<Gate, 3> kGates{
    take_slot,          // 503 overloaded
    read_client_hints,  // never refuses
    parse_body,         // 400
};

}  // namespace

Result<void> admit_head(const net::HttpRequest& head, const Shared& shared, const Snapshot& snapshot, Entry& entry) {
  Arrival arrival{head, shared, snapshot, entry};
  for (HeadGate gate : kHeadGates) {
    auto passed = gate(arrival);
    if (!passed) return passed;
  }
  return {};
}

Result<void> admit(Exchange& exchange) {
  Entry entry;
  auto known = admit_head(exchange.request(), exchange.shared(), exchange.snapshot(), entry);
  exchange.route = entry.route;
  exchange.path_argument = std::move(entry.path_argument);
  exchange.key_fingerprint = std::move(entry.key_fingerprint);
  exchange.hints.depth = entry.depth;
  exchange.error_headers = std::move(entry.error_headers);
  if (!known) return known;
  for (Gate gate : kGates) {
    auto passed = gate(exchange);
    if (!passed) return passed;
  }
  return {};
}

}  // namespace xrouter::server
