// A string that does not print: keys and credentials.
#pragma once

#include <string>
#include <utility>

namespace xrouter {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  bool empty() const { return value_.empty(); }
  /// The only way to the text. Call it where the secret leaves the process and nowhere else.
  const std::string& reveal() const { return value_; }

 private:
  std::string value_;
};

/// What any text or log output of a Secret is.
inline const char* to_text(const Secret& secret) { return secret.empty() ? "(none)" : "***"; }

}  // namespace xrouter
