#include "xrouter/server/response_headers.hpp"

#include <algorithm>
#include <array>

namespace xrouter::server {
namespace {

// A page's script sees no other headers of ours than those named here.
std::string exposed_headers() {
  constexpr std::array kExposed{header::kRequestId,    header::kProcessing, header::kShouldRetry, header::kRetryAfter, header::kRetryAfterMs,
                                header::kModel,        header::kCost,       header::kTurns,       header::kCalls,      header::kOverhead};
  std::string names;
  for (std::string_view name : kExposed) names.append(names.empty() ? "" : ", ").append(name);
  return names;
}

}  // namespace

RequestId make_request_id(Rng& rng) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text = "chatcmpl-";
  for (int word = 0; word < 2; ++word)
    for (std::uint64_t bits = rng.next(), i = 0; i < 16; ++i, bits >>= 4) text += kHex[bits & 15];
  return RequestId(std::move(text));
}

void add_common_headers(net::Headers& headers, const net::Headers& asked, const RequestId& id, Duration took, const config::ServerConfig& config) {
  headers.add(std::string(header::kRequestId), id.value);
  headers.add(std::string(header::kProcessing), std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
  const std::vector<std::string>& origins = config.cors_origins;
  if (origins.empty()) return;
  // One URL answers differently by origin: caches must know, even when this one is not allowed.
  headers.add("vary", "origin");
  const std::string_view origin = asked.get("origin");
  if (std::ranges::find(origins, origin) == origins.end()) return;
  static const std::string kExposedHeaders = exposed_headers();
  headers.add("access-control-allow-origin", std::string(origin));
  headers.add("access-control-expose-headers", kExposedHeaders);
}

}  // namespace xrouter::server
