#include "xrouter/policy_lm/written_decision.hpp"

#include "xrouter/policy_lm/allowed.hpp"
#include "xrouter/policy_lm/grammar_path.hpp"
#include "xrouter/policy_lm/prompt_tokens.hpp"

namespace xrouter::policy_lm {
namespace {

using Reply = std::vector<TokenTrace::Token>;

Result<Reply> reply_of(const RouterModel& model, const Allowed& allowed, const PolicyReply& decision) {
  const auto grammar = model.grammars->get(*model.format, allowed.tools, allowed.rules, *model.tokenizer);
  if (!grammar) return fail(grammar.error());
  const auto spans = model.format->write_reply(decision.text, decision.tool_calls);
  if (!spans) return fail(spans.error());
  const std::vector<tokenizer::TokenId> wanted = chat_format::encode(*spans, *model.tokenizer);
  auto path = path_through(grammar::Matcher(*grammar, model.vocabulary), *model.tokenizer, model.vocabulary->end_tokens(), wanted);
  if (!path) return fail(ErrorKind::invalid_request, "This decision is not allowed now.");
  return std::move(*path);
}

}  // namespace

Result<TokenTrace> written_decision(const RouterModel& model, const DecisionPrompt& prompt, const PolicyReply& decision,
                                    chat_format::Thinking thinking) {
  const auto allowed = allowed_now(prompt, thinking);
  if (!allowed) return fail(allowed.error());
  auto tokens = prompt_tokens(model, prompt, thinking);
  if (!tokens) return fail(tokens.error());
  auto reply = reply_of(model, *allowed, decision);
  if (!reply) return fail(reply.error());
  const bool fits = static_cast<std::int64_t>(tokens->size() + reply->size()) <= model.max_positions &&
                    static_cast<std::int64_t>(reply->size()) <= prompt.spec.router_output_tokens;
  if (!fits)
    return fail(ErrorKind::context_length, "A decision of " + std::to_string(reply->size()) + " tokens behind a prompt of " +
                                               std::to_string(tokens->size()) + " does not fit the router's limits.");
  return TokenTrace{.policy_version = model.version, .prompt = std::move(*tokens), .reply = std::move(*reply), .ended = true};
}

}  // namespace xrouter::policy_lm
