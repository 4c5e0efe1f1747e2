#include "xrouter/server/auth.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <span>

namespace xrouter::server {
namespace {

constexpr std::string_view kPrefix = "sha256:";
constexpr std::string_view kHex = "0123456789abcdef";

std::array<unsigned char, 32> digest_of(std::string_view text) {
  std::array<unsigned char, 32> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

std::string hex_of(std::span<const unsigned char> bytes) {
  std::string text;
  for (unsigned char byte : bytes) {
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }
  return text;
}

int nibble(char c) {
  const std::size_t at = kHex.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

// "Bearer <token>" with the scheme in any case; "" when it is something else.
std::string_view bearer_token(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() <= kScheme.size()) return {};
  const bool is_bearer = std::equal(kScheme.begin(), kScheme.end(), authorization.begin(),
                                    [](char want, char got) { return want == (got >= 'A' && got <= 'Z' ? got - 'A' + 'a' : got); });
  if (!is_bearer) return {};
  const std::string_view token = authorization.substr(kScheme.size());
  const std::size_t begin = token.find_first_not_of(' ');
  return begin == std::string_view::npos ? std::string_view() : token.substr(begin);
}

}  // namespace

std::string hash_of_key(std::string_view key) { return std::string(kPrefix) + hex_of(digest_of(key)); }

Result<KeyRing> KeyRing::make(const std::vector<std::string>& hashes) {
  KeyRing ring;
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    const std::string_view hash = hashes[i];
    Digest digest{};
    bool good = hash.starts_with(kPrefix) && hash.size() == kPrefix.size() + 2 * digest.size();
    for (std::size_t at = 0; good && at < digest.size(); ++at) {
      const int high = nibble(hash[kPrefix.size() + 2 * at]), low = nibble(hash[kPrefix.size() + 2 * at + 1]);
      good = high >= 0 && low >= 0;
      digest[at] = static_cast<unsigned char>(high * 16 + low);
    }
    // The entry is not repeated: an operator who pasted a key by mistake must not find it in a log.
    if (!good)
      return fail(ErrorKind::config, "server.api_key_hashes[" + std::to_string(i) +
                                         "] must be \"sha256:\" and 64 lower-case hex digits; make one with: xrouter config hash-key");
    ring.hashes_.push_back(digest);
  }
  return ring;
}

Result<std::string> KeyRing::check(std::string_view authorization) const {
  if (open()) return std::string();
  const std::string_view token = bearer_token(authorization);
  if (token.empty())
    return fail(ErrorKind::unauthenticated, "You did not provide an API key. Send it as 'Authorization: Bearer YOUR_KEY'.");
  const Digest digest = digest_of(token);
  int matches = 0;
  for (const Digest& known : hashes_) matches += CRYPTO_memcmp(known.data(), digest.data(), digest.size()) == 0;
  if (matches == 0) return fail(ErrorKind::unauthenticated, "The API key is not valid.");
  constexpr std::size_t kFingerprintBytes = 6;
  return hex_of(std::span(digest).first(kFingerprintBytes));
}

}  // namespace xrouter::server
