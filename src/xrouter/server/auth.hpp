// API keys: only their hashes are known to us.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"

namespace xrouter::server {

/// SHA-256 as the configuration has it: "sha256:<64 lower-case hex digits>".
std::string hash_of_key(std::string_view key);

/// Immutable. Every check looks at every key and compares in constant time.
class KeyRing {
 public:
  /// Errors (ErrorKind::config): an entry that is not "sha256:<64 lower-case hex digits>".
  static Result<KeyRing> make(const std::vector<std::string>& hashes);

  bool open() const { return hashes_.empty(); }  ///< no keys configured: everybody may come in
  /// `authorization`: the header's value. The first digits of the key's hash, which name the key in
  /// records; "" when open(), which always succeeds. Error: unauthenticated.
  Result<std::string> check(std::string_view authorization) const;

 private:
  using Digest = std::array<unsigned char, 32>;
  std::vector<Digest> hashes_;
};

}  // namespace xrouter::server
