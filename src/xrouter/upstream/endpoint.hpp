// Where an upstream is and what a request to it looks like. Pure.
#pragma once

#include <string>
#include <string_view>

#include "xrouter/base/result.hpp"
#include "xrouter/config/config.hpp"
#include "xrouter/net/byte_stream.hpp"
#include "xrouter/net/http.hpp"

namespace xrouter::upstream {

/// How many routers a request has passed; refused above a small limit, so that a router that is its
/// own upstream does not call itself for ever.
inline constexpr std::string_view kDepthHeader = "x-xrouter-depth";

struct Endpoint {
  net::Origin origin;
  std::string chat_target;    ///< "/v1/chat/completions"
  std::string models_target;  ///< "/v1/models"
};

/// Error: config, when base_url is not http(s)://host[:port][/path], or carries a user, a query or
/// a fragment (credentials belong into api_key).
Result<Endpoint> parse_endpoint(const config::UpstreamConfig& config);

struct RequestParts {
  std::string_view user_agent;
  int depth = 0;  ///< of the request we serve; one more is sent
  bool stream = false;
};

/// POST of a chat completion. These headers and no others: nothing of a client's headers goes on.
net::HttpRequest make_request(const Endpoint& endpoint, const Secret& api_key, const RequestParts& parts, std::string body);

/// GET of the list of models.
net::HttpRequest make_models_request(const Endpoint& endpoint, const Secret& api_key);

}  // namespace xrouter::upstream
