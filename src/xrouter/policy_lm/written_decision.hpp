// A decision that somebody else has made, in the tokens that this model would have had to write: what it is taught.
#pragma once

#include "xrouter/engine/transcript.hpp"
#include "xrouter/policy_lm/router_model.hpp"

namespace xrouter::policy_lm {

/// The trace that LocalPolicy would have left had it decided so: the same prompt, the tokens of the reply with its end,
/// which of them were forced and what the others were chosen from. Log-probs are 0. Carried by PolicyReply::trace, a
/// later turn continues it as one of its own. Text and tool calls of `decision` count, nothing else.
/// Errors: invalid_request when the decision is not allowed now or the format cannot say it; context_length when it does
/// not fit; those of allowed_now() and prompt_tokens().
Result<TokenTrace> written_decision(const RouterModel& model, const DecisionPrompt& prompt, const PolicyReply& decision,
                                    chat_format::Thinking thinking);

}  // namespace xrouter::policy_lm
