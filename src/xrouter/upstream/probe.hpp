// Asks an upstream which models it has, to see whether it can be reached and a key is accepted.
// Costs nothing: GET of its list of models.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "xrouter/net/http_client.hpp"
#include "xrouter/upstream/endpoint.hpp"

namespace xrouter::upstream {

struct ProbeResult {
  /// Why the upstream cannot be used with this key. Empty also for a server without such a list
  /// (404, 405) and for a rate limit: both prove that it is there.
  std::optional<Error> error = {};
  int http_status = 0;  ///< 0: none arrived
  Duration latency = {};
  /// What the server says it has; empty when it gave no list.
  std::optional<std::vector<std::string>> models = {};
};

inline constexpr std::size_t kMaxListBytes = 8 * 1024 * 1024;

/// `scope` bounds it. Errors of a result: those of the transport and of wire::openai::classify_failure.
boost::asio::awaitable<ProbeResult> probe(const Endpoint& endpoint, const Secret& api_key, net::HttpClient& http, CallScope& scope);

}  // namespace xrouter::upstream
