// The parameters of a request that are relayed as they are, but checked first.
#pragma once

#include "xrouter/json/parse.hpp"
#include "xrouter/wire/openai/codec.hpp"

namespace xrouter::wire::openai {

bool is_relayed_parameter(std::string_view name);

/// Types and ranges of every relayed parameter that is present.
void check_relayed_parameters(json::ObjectReader& in, const RequestLimits& limits);
/// `request` holds the tools already.
void check_tool_choice(json::ObjectReader& in, const ChatRequest& request, const RequestLimits& limits);
void check_response_format(json::ObjectReader& in, const RequestLimits& limits);

}  // namespace xrouter::wire::openai
