// Token counts as the format reports them.
#pragma once

#include <optional>

#include "xrouter/chat/types.hpp"
#include "xrouter/json/parse.hpp"
#include "xrouter/json/writer.hpp"

namespace xrouter::wire::openai {

/// Of the member `usage`. nullopt when absent, null, or without the prompt's count: unknown is not
/// zero. Also nullopt with any count that cannot be one (no number, below zero, above
/// kMaxTokensPerReply): the answer is paid for and good, only its bill must be estimated.
std::optional<Usage> read_usage(const json::ObjectReader& in);
/// As the member `usage`, details included.
void write_usage(json::Writer& out, const Usage& usage);

}  // namespace xrouter::wire::openai
