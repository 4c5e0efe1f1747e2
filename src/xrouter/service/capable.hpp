// Which models can honour a request. A parameter is never dropped silently: a model that cannot
// honour it is not asked, and when none is left the client is told which parameter it was.
#pragma once

#include <vector>

#include "xrouter/engine/spec.hpp"

namespace xrouter::service {

/// Those of `models` that can honour every parameter of the request and hold its prompt, in order.
/// Errors: invalid_request with `param`, or context_length. Models that surely hold the prompt are
/// preferred; those that only may hold it are used when no other is left.
Result<std::vector<OfferedModel>> narrow_to_capable(const ChatRequest& request, std::vector<OfferedModel> models,
                                                    const TokenEstimator& estimator);

/// The `type` of response_format: "text", "json_object", "json_schema"; "" when absent.
std::string response_format_type(const ChatRequest& request);

}  // namespace xrouter::service
