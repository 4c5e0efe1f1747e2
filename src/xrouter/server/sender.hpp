// Whether a request may come from where it comes from: what guards against web pages.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "xrouter/base/result.hpp"
#include "xrouter/net/http.hpp"
#include "xrouter/server/auth.hpp"

namespace xrouter::config {
struct ServerConfig;
}

namespace xrouter::server {

/// A browser sends a page's simple POST to any address without asking first, and the page need not
/// see the answer to make us spend money. So a foreign Origin is refused unless it is configured;
/// and while no keys are, Host must name this machine, because a page's own name may be made to
/// point here (DNS rebinding). Error: permission_denied.
Result<void> check_sender(const net::Headers& headers, const config::ServerConfig& config, const KeyRing& keys);

/// A CORS preflight from a configured origin for a path with these methods: the headers of its 204, else nullopt.
std::optional<net::Headers> preflight(const net::HttpRequest& head, const std::string& methods, const config::ServerConfig& config);

/// The host of "host", "host:port" or "[v6]:port", without brackets.
std::string_view host_of(std::string_view authority);

}  // namespace xrouter::server
