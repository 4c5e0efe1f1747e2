// The headers that every answer has, and the names of our own.
#pragma once

#include <string_view>

#include "xrouter/base/clock.hpp"
#include "xrouter/base/ids.hpp"
#include "xrouter/base/rng.hpp"
#include "xrouter/config/config.hpp"
#include "xrouter/net/http.hpp"

namespace xrouter::server {

namespace header {
inline constexpr std::string_view kRequestId = "x-request-id";
inline constexpr std::string_view kProcessing = "openai-processing-ms";
inline constexpr std::string_view kShouldRetry = "x-should-retry";
inline constexpr std::string_view kRetryAfter = "retry-after";
inline constexpr std::string_view kRetryAfterMs = "retry-after-ms";
inline constexpr std::string_view kModel = "x-xrouter-model";
inline constexpr std::string_view kCost = "x-xrouter-cost";
inline constexpr std::string_view kTurns = "x-xrouter-turns";
inline constexpr std::string_view kCalls = "x-xrouter-calls";
inline constexpr std::string_view kOverhead = "x-xrouter-overhead-ms";
}  // namespace header

RequestId make_request_id(Rng& rng);

/// Request id, time, and CORS for a configured origin. `asked`: the request's headers, empty when
/// they could not be read.
void add_common_headers(net::Headers& headers, const net::Headers& asked, const RequestId& id, Duration took, const config::ServerConfig& config);

}  // namespace xrouter::server
