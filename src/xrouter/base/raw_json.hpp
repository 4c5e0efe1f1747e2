#pragma once

#include <string>

namespace xrouter {

/// Text known to be one valid JSON value, relayed without being understood. Empty text = absent.
struct RawJson {
  std::string text;
  bool empty() const { return text.empty(); }
  bool operator==(const RawJson&) const = default;
};

}  // namespace xrouter
