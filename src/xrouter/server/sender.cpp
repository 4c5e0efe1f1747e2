#include "xrouter/server/sender.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "xrouter/config/addresses.hpp"
#include "xrouter/config/config.hpp"

namespace xrouter::server {
namespace {

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// TLS ends before us, if at all: either scheme may stand before our own authority.
bool is_same_origin(const std::string& origin, const std::string& host) {
  return !host.empty() && (origin == "http://" + host || origin == "https://" + host);
}

bool names_this_machine(const std::string& host, const std::string& listen) {
  if (config::is_loopback(host)) return true;
  const std::string named(host_of(host)), listening(host_of(listen));
  if (named.empty() || named == listening) return !named.empty();
  // The wildcard stands for every address of the machine. An address, unlike a name, cannot be rebound.
  boost::system::error_code bad_listen, bad_name;
  const auto address = boost::asio::ip::make_address(listening, bad_listen);
  boost::asio::ip::make_address(named, bad_name);
  return !bad_listen && address.is_unspecified() && !bad_name;
}

}  // namespace

std::string_view host_of(std::string_view authority) {
  if (!authority.starts_with('[')) return authority.substr(0, authority.find(':'));
  return authority.substr(1, authority.find(']') - 1);
}

Result<void> check_sender(const net::Headers& headers, const config::ServerConfig& config, const KeyRing& keys) {
  const std::string host = lowered(headers.get("host"));
  const std::string origin(headers.get("origin"));
  const bool foreign = headers.has("origin") && !is_same_origin(lowered(origin), host);
  if (foreign && std::ranges::find(config.cors_origins, origin) == config.cors_origins.end())
    return fail(ErrorKind::permission_denied, "Requests of web pages are answered for the origins in server.cors_origins only.");
  if (keys.open() && !names_this_machine(host, config.listen))
    return fail(ErrorKind::permission_denied,
                "Without API keys the Host header must be localhost, a loopback address or the address the server listens on. Set server.api_key_hashes to use another name.");
  return {};
}

std::optional<net::Headers> preflight(const net::HttpRequest& head, const std::string& methods, const config::ServerConfig& config) {
  if (head.method != "OPTIONS" || !head.headers.has("access-control-request-method")) return std::nullopt;
  const std::vector<std::string>& origins = config.cors_origins;
  if (methods.empty() || std::ranges::find(origins, head.headers.get("origin")) == origins.end()) return std::nullopt;
  net::Headers headers;  // the origin itself is among the common headers
  headers.add("access-control-allow-methods", methods);
  headers.add("access-control-allow-headers", "authorization, content-type, idempotency-key, x-stainless-*");
  const std::string_view wanted = head.headers.get("access-control-request-headers");
  // "x-stainless-*" is no wildcard with credentials, so the asked names are granted as they come.
  if (!wanted.empty()) headers.set("access-control-allow-headers", std::string(wanted));
  headers.add("access-control-max-age", "600");
  return headers;
}

}  // namespace xrouter::server
