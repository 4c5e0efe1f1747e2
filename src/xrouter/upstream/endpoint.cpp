#include "xrouter/upstream/endpoint.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <optional>

namespace xrouter::upstream {
namespace {

tl::unexpected<Error> bad_url(const config::UpstreamConfig& config, std::string what) {
  return fail(ErrorKind::config, "upstream " + config.name + ": base_url " + std::move(what));
}

// The library's own number wraps around beyond 65535.
std::optional<std::uint16_t> port_of(const boost::urls::url_view& url, bool tls) {
  if (!url.has_port()) return tls ? 443 : 80;
  const std::string_view digits = url.port();
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  return whole && port > 0 ? std::optional(port) : std::nullopt;
}

}  // namespace

Result<Endpoint> parse_endpoint(const config::UpstreamConfig& config) {
  const auto parsed = boost::urls::parse_uri(config.base_url);
  if (!parsed) return bad_url(config, "is not a URL such as https://host/v1");
  const boost::urls::url_view& url = *parsed;
  const bool tls = url.scheme_id() == boost::urls::scheme::https;
  if (!tls && url.scheme_id() != boost::urls::scheme::http) return bad_url(config, "must begin with http:// or https://");
  if (url.host_address().empty()) return bad_url(config, "names no host");
  if (url.has_userinfo()) return bad_url(config, "must not carry a user or password; use api_key");
  if (url.has_query() || url.has_fragment()) return bad_url(config, "must not have a query or a fragment");
  const std::optional<std::uint16_t> port = port_of(url, tls);
  if (!port) return bad_url(config, "has no valid port");

  Endpoint endpoint;
  endpoint.origin = {.tls = tls, .host = url.host_address(), .port = *port};
  const std::string_view encoded = url.encoded_path();
  std::string path(encoded);
  while (!path.empty() && path.back() == '/') path.pop_back();
  endpoint.chat_target = path + "/chat/completions";
  endpoint.models_target = path + "/models";
  return endpoint;
}

net::HttpRequest make_models_request(const Endpoint& endpoint, const Secret& api_key) {
  net::HttpRequest request{.method = "GET", .target = endpoint.models_target, .headers = {}, .body = {}};
  if (!api_key.empty()) request.headers.add("authorization", "Bearer " + api_key.reveal());
  request.headers.add("accept", "application/json");
  return request;
}

net::HttpRequest make_request(const Endpoint& endpoint, const Secret& api_key, const RequestParts& parts, std::string body) {
  net::HttpRequest request{.method = "POST", .target = endpoint.chat_target, .headers = {}, .body = std::move(body)};
  if (!api_key.empty()) request.headers.add("authorization", "Bearer " + api_key.reveal());
  request.headers.add("content-type", "application/json");
  request.headers.add("accept", parts.stream ? "text/event-stream" : "application/json");
  request.headers.add("user-agent", std::string(parts.user_agent));
  request.headers.add(std::string(kDepthHeader), std::to_string(parts.depth + 1));
  return request;
}

}  // namespace xrouter::upstream
