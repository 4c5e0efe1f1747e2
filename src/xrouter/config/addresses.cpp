#include "xrouter/config/addresses.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace xrouter::config {
namespace {

constexpr std::string_view kNameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::size_t kMaxHostLength = 253;

struct HostPort {
  std::string host;  // without brackets
  std::optional<std::string_view> port = {};
};

std::optional<HostPort> split_authority(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    HostPort out{.host = std::string(text.substr(1, close - 1))};
    std::string_view rest = text.substr(close + 1);
    if (rest.empty()) return out;
    if (!rest.starts_with(':')) return std::nullopt;
    out.port = rest.substr(1);
    return out;
  }
  const std::size_t colon = text.find(':');
  HostPort out{.host = std::string(text.substr(0, colon))};
  if (colon != std::string_view::npos) out.port = text.substr(colon + 1);
  return out;
}

bool is_ip(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 || ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

bool is_host(const std::string& host) {
  if (is_ip(host)) return true;
  // Digits and points alone are an IPv4 address with a slip in it.
  return !host.empty() && host.size() <= kMaxHostLength && host.find_first_not_of(kNameCharacters) == std::string::npos &&
         host.find_first_not_of("0123456789.") != std::string::npos;
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port <= 65535;
}

std::optional<std::string_view> after_scheme(std::string_view url) {
  for (std::string_view scheme : {std::string_view("https://"), std::string_view("http://")})
    if (url.starts_with(scheme)) return url.substr(scheme.size());
  return std::nullopt;
}

std::string check_authority(std::string_view text) {
  if (text.find('@') != std::string_view::npos) return "a user name or password does not belong into a URL; use api_key";
  const auto authority = split_authority(text);
  if (!authority || !is_host(authority->host)) return "the host is not a name or an IP address";
  if (authority->port && (!is_port(*authority->port) || *authority->port == "0")) return "the port is not a number from 1 to 65535";
  return {};
}

}  // namespace

std::string check_listen(std::string_view text) {
  const auto address = split_authority(text);
  if (!address || !(is_ip(address->host) || address->host == "localhost")) return "the host is not an IP address or localhost";
  if (!address->port) return "the port is missing";
  if (!is_port(*address->port)) return "the port is not a number from 0 to 65535";
  return {};
}

std::string check_base_url(std::string_view text) {
  const auto rest = after_scheme(text);
  if (!rest) return "it does not begin with http:// or https://";
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c <= 0x20 || c >= 0x7F; }))
    return "it holds a character that URLs do not have";
  if (text.find_first_of("?#") != std::string_view::npos) return "a query or fragment does not belong into a base URL";
  return check_authority(rest->substr(0, rest->find('/')));
}

std::string check_origin(std::string_view text) {
  if (std::string wrong = check_base_url(text); !wrong.empty()) return wrong;
  return after_scheme(text)->find('/') == std::string_view::npos ? "" : "an origin has no path, not even a last slash";
}

std::string check_key_hash(std::string_view text) {
  constexpr std::string_view kPrefix = "sha256:";
  constexpr std::size_t kDigits = 64;
  const bool valid = text.starts_with(kPrefix) && text.size() == kPrefix.size() + kDigits &&
                     text.substr(kPrefix.size()).find_first_not_of(kHexDigits) == std::string_view::npos;
  return valid ? "" : "make one by `xrouter config hash-key`; the key itself never stands in a file";
}

bool is_loopback(std::string_view text) {
  std::string_view rest = after_scheme(text).value_or(text);
  const auto authority = split_authority(rest.substr(0, rest.find('/')));
  if (!authority) return false;
  return authority->host == "localhost" || authority->host == "::1" || (authority->host.starts_with("127.") && is_ip(authority->host));
}

}  // namespace xrouter::config
