// From a chat request to what the generator is asked: prompt, grammar, sampling. Pure but for the seed that is drawn
// where the request names none.
#pragma once

#include <vector>

#include "xrouter/base/rng.hpp"
#include "xrouter/host/grammar_cache.hpp"
#include "xrouter/host/hosted_model.hpp"

namespace xrouter::host {

struct ReplyPlan {
  std::vector<lm::GenerationRequest> generations;  ///< one for each choice
  chat_format::CallsInReply calls = chat_format::CallsInReply::as_text;
  bool logprobs = false;
};

/// Errors, with `param`: model_not_found; invalid_request for what the model cannot do, for fields that are not known
/// and for schemas that cannot become a grammar; context_length.
Result<ReplyPlan> plan_reply(const ChatRequest& request, const HostedModel& model, const HostRules& rules, GrammarCache& grammars,
                             Rng& rng);

}  // namespace xrouter::host
