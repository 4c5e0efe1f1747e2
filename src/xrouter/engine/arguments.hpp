// The arguments of a call_<model> tool call, as the policy wrote them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "xrouter/base/result.hpp"

namespace xrouter {

/// The one argument of select_response.
inline constexpr std::string_view kCallIdArgument = "call_id";

inline constexpr std::int64_t kMaxOutputTokensArgument = 1'000'000;

/// All optional: an empty object is a valid call.
struct CallArguments {
  std::string system_prompt = {};
  std::optional<double> temperature = {};        ///< 0 to 2
  std::optional<std::int64_t> max_tokens = {};   ///< 1 and up
  bool final = false;  ///< the answer goes to the user as it is, see commits() in transcript.hpp
};

/// Errors (ErrorKind::invalid_request) are sentences for the policy. Unknown members are refused, so
/// that a misspelt argument is not silently lost. `optimized_system_prompt` is read as
/// `system_prompt`: routers trained with the original tool contract use that name.
Result<CallArguments> parse_call_arguments(std::string_view json);

/// The `call_id` of a select_response call.
Result<std::string> parse_select_arguments(std::string_view json);

}  // namespace xrouter
