#include "xrouter/policy_lm/prompt_tokens.hpp"

#include "xrouter/policy/router_prompt.hpp"

namespace xrouter::policy_lm {
namespace {

using tokenizer::TokenId;

// A reply that was cut off has no end token, and a text is never continued.
const TokenTrace* trace_to_continue(const RouterModel& model, const Transcript& transcript) {
  if (transcript.turns.empty()) return nullptr;
  const TokenTrace* trace = transcript.turns.back().trace.get();
  return trace && trace->ended && !trace->reply.empty() && trace->policy_version == model.version ? trace : nullptr;
}

Result<std::vector<TokenId>> continued(const RouterModel& model, const TokenTrace& trace, const DecisionPrompt& prompt, chat_format::Thinking thinking) {
  const auto more = model.format->render_more(policy::render_results(prompt), thinking);
  if (!more) return fail(more.error());
  std::vector<TokenId> new_tokens = chat_format::encode(*more, *model.tokenizer);
  // The text begins with the end of the assistant's turn; the model has written that token itself, or another one that
  // its family takes for the same.
  const bool wrote_it = !trace.reply.back().forced && !new_tokens.empty() && model.tokenizer->is_special(new_tokens.front());
  if (wrote_it) new_tokens.front() = trace.reply.back().id;
  std::vector<TokenId> tokens(trace.prompt.begin(), trace.prompt.end());
  for (std::size_t i = 0; i + 1 < trace.reply.size(); ++i) tokens.push_back(trace.reply[i].id);
  tokens.insert(tokens.end(), new_tokens.begin(), new_tokens.end());
  return tokens;
}

}  // namespace

Result<std::vector<TokenId>> prompt_tokens(const RouterModel& model, const DecisionPrompt& prompt, chat_format::Thinking thinking) {
  if (const TokenTrace* trace = trace_to_continue(model, prompt.transcript)) return continued(model, *trace, prompt, thinking);
  const ChatRequest request = policy::render_router_prompt(prompt);
  const auto spans = model.format->render(request.messages, request.tools, thinking);
  if (!spans) return fail(spans.error());
  return chat_format::encode(*spans, *model.tokenizer);
}

}  // namespace xrouter::policy_lm
