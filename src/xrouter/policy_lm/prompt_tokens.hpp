// The tokens of a decision's prompt.
#pragma once

#include <vector>

#include "xrouter/engine/transcript.hpp"
#include "xrouter/policy_lm/router_model.hpp"

namespace xrouter::policy_lm {

/// After a turn of the same model: exactly the tokens of that turn and the new ones, so that nothing is read twice and
/// training sees what was seen. Else the whole conversation is written down anew.
/// Errors: those of ChatFormat::render.
Result<std::vector<tokenizer::TokenId>> prompt_tokens(const RouterModel& model, const DecisionPrompt& prompt, chat_format::Thinking thinking);

}  // namespace xrouter::policy_lm
