#include "xrouter/policy/remote.hpp"

#include "xrouter/policy/router_prompt.hpp"

namespace xrouter::policy {
namespace {

constexpr std::string_view kOpen = "<think>";
constexpr std::string_view kClose = "</think>";
constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// How many of the call's attempts fit into what is left, at their worst case. The rendered prompt is
/// known only here, so this is where the cost limit holds to the pico-dollar for router turns.
int affordable_attempts(const ModelCall& call, const DecisionPrompt& prompt) {
  if (!prompt.cost_left) return call.max_attempts;
  const std::int64_t input = prompt.spec.estimator.prompt_tokens(call.request);
  const std::optional<Usd> one = call.model->price.worst_case(input, prompt.spec.router_output_tokens);
  int attempts = one ? call.max_attempts : 0;
  while (attempts > 0 && one->checked_mul(attempts).value_or(Usd::max()) > *prompt.cost_left) --attempts;
  return attempts;
}

}  // namespace

std::string without_thinking(std::string_view text) {
  text = trimmed(text);
  const std::size_t close = text.find(kClose);
  if (close != std::string_view::npos) return std::string(trimmed(text.substr(close + kClose.size())));
  return text.rfind(kOpen, 0) == 0 ? std::string() : std::string(text);
}

boost::asio::awaitable<PolicyReply> RemotePolicy::decide(const DecisionPrompt& prompt, CallScope& scope) {
  ModelCall call{.id = CallId("router"), .turn = prompt.turn, .model = &router_, .request = render_router_prompt(prompt)};
  call.max_attempts = options_.max_attempts;
  call.depth = prompt.spec.depth;
  call.max_attempts = affordable_attempts(call, prompt);
  if (call.max_attempts < 1) {
    PolicyReply too_dear;
    too_dear.error = Error{.kind = ErrorKind::insufficient_quota,
                           .public_text = "The cost limit of this request does not allow another routing decision."};
    co_return too_dear;
  }
  CallScope limit(scope, options_.timeout, "router");
  ModelReply replied = co_await pool_.call(call, limit, nullptr);
  PolicyReply decision;
  decision.attempts = std::move(replied.attempts);
  if (!replied.reply) {
    decision.error = std::move(replied.reply.error());
    co_return decision;
  }
  decision.text = without_thinking(replied.reply->text());
  if (replied.reply->choices.empty()) co_return decision;
  Choice& choice = replied.reply->choices.front();
  decision.finish_reason = choice.finish_reason;
  decision.tool_calls = std::move(choice.message.tool_calls);
  co_return decision;
}

}  // namespace xrouter::policy
