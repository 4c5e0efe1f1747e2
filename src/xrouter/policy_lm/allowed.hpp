// What a decision may be at this moment: the tools that would not be refused, and how many of them.
#pragma once

#include <vector>

#include "xrouter/chat_format/chat_format.hpp"
#include "xrouter/engine/transcript.hpp"

namespace xrouter::policy_lm {

struct Allowed {
  std::vector<ToolSpec> tools;  ///< of policy::router_tools; select_response names the calls that can be selected
  chat_format::DecisionRules rules;
};

/// Stricter than the prompt, whose tools never change. Error no_usable_answer: nothing at all is allowed.
Result<Allowed> allowed_now(const DecisionPrompt& prompt, chat_format::Thinking thinking);

}  // namespace xrouter::policy_lm
