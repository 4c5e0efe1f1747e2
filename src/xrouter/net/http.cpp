#include "xrouter/net/http.hpp"

#include <algorithm>

#include "xrouter/net/byte_stream.hpp"
#include "xrouter/net/syntax.hpp"

namespace xrouter::net {

std::string_view Headers::get(std::string_view name) const {
  for (const Header& header : list_)
    if (same_name(header.name, name)) return header.value;
  return {};
}

bool Headers::has(std::string_view name) const {
  return std::any_of(list_.begin(), list_.end(), [&](const Header& header) { return same_name(header.name, name); });
}

void Headers::set(std::string name, std::string value) {
  std::erase_if(list_, [&](const Header& header) { return same_name(header.name, name); });
  add(std::move(name), std::move(value));
}

std::string Origin::to_text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (tls ? "https://" : "http://") + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace xrouter::net
