// From the tokens of a reply to a decision, how sure the model was of it, and what else it might have done.
#pragma once

#include <vector>

#include "xrouter/engine/transcript.hpp"
#include "xrouter/policy_lm/allowed.hpp"
#include "xrouter/policy_lm/router_model.hpp"

namespace xrouter::policy_lm {

/// text, tool_calls, finish_reason, confidence and trace of the decision; `prompt` goes into the trace.
/// PolicyReply::error: no_usable_answer when the reply was cut off before anything could be made of it. A text that was
/// cut off is an answer with FinishReason::length; of calls that were cut off those in front that are complete count.
/// Precondition: the generation was not cancelled.
PolicyReply read_reply(const RouterModel& model, const Allowed& allowed, std::vector<tokenizer::TokenId> prompt, const lm::Generation& generation);

}  // namespace xrouter::policy_lm
