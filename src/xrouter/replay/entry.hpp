// One recorded call as bytes.
#pragma once

#include <string>
#include <string_view>

#include "xrouter/engine/transcript.hpp"

namespace xrouter::replay {

/// What came of a call: the reply (text, tool calls, finish reason, tokens) or its error, and every attempt with tokens,
/// latency and the version of the price table of then. Costs are not kept: they follow from the tokens.
std::string to_bytes(const ModelReply& reply);

/// The same reply for `call`, every attempt costed by the price that its model has now. Errors: io for bytes that are not
/// an entry.
Result<ModelReply> from_bytes(std::string_view bytes, const ModelCall& call);

/// Whether a call that ended so would end so again: successes, and refusals of this very request. Time-outs, busy or
/// unreachable upstreams and cancelled calls would not.
bool is_final(const ModelReply& reply);

}  // namespace xrouter::replay
