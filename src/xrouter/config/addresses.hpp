// The small texts of a configuration that name places on the network. Each check returns what is
// wrong, or "".
#pragma once

#include <string>
#include <string_view>

namespace xrouter::config {

/// "127.0.0.1:8800", "[::1]:8800", "localhost:0" (port 0: any free one).
std::string check_listen(std::string_view text);
/// http(s)://host[:port][/path] without user, query or fragment.
std::string check_base_url(std::string_view text);
/// http(s)://host[:port], as a browser sends it in Origin.
std::string check_origin(std::string_view text);
/// "sha256:" and 64 hexadecimal digits in lower case.
std::string check_key_hash(std::string_view text);
/// Whether a listen address or a base URL stays on this machine.
bool is_loopback(std::string_view listen_or_url);

}  // namespace xrouter::config
