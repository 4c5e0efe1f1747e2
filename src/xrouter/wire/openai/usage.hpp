// Token counts as the format reports them.
#pragma once

#include <optional>

#include "xrouter/chat/types.hpp"
#include "xrouter/json/parse.hpp"
#include "xrouter/json/writer.hpp"

namespace xrouter::wire::openai {

/// Of the member `usage`. nullopt when absent, null, or without the prompt's count: unknown is not
/// zero. Counts out of range are an error of `in`.
std::optional<Usage> read_usage(json::ObjectReader& in);
/// As the member `usage`, details included.
void write_usage(json::Writer& out, const Usage& usage);

}  // namespace xrouter::wire::openai
