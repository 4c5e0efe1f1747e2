#include "xrouter/policy_lm/local_policy.hpp"

#include <algorithm>

#include "xrouter/policy_lm/allowed.hpp"
#include "xrouter/policy_lm/generate.hpp"
#include "xrouter/policy_lm/prompt_tokens.hpp"
#include "xrouter/policy_lm/read_reply.hpp"

namespace xrouter::policy_lm {
namespace {

/// A decision that is ready to be made.
struct Question {
  Allowed allowed;
  lm::GenerationRequest request;
};

// Less is no decision: a call without arguments takes some thirty tokens.
constexpr int kLeastReplyTokens = 48;
constexpr int kAlternatives = 20;
constexpr std::size_t kMostLikelyTokens = 32;

Result<int> room_for_reply(const RouterModel& model, const DecisionPrompt& prompt, std::size_t prompt_tokens) {
  const std::int64_t room = model.max_positions - static_cast<std::int64_t>(prompt_tokens);
  const std::int64_t wanted = prompt.spec.router_output_tokens;
  if (room < std::min<std::int64_t>(wanted, kLeastReplyTokens))
    return fail(ErrorKind::context_length, "This conversation is too long for the router: " + std::to_string(prompt_tokens) +
                                               " tokens leave no room for a decision in its context of " +
                                               std::to_string(model.max_positions) + " tokens.");
  return static_cast<int>(std::min(room, wanted));
}

bool is_affordable(const DecisionPrompt& prompt, std::size_t prompt_tokens, int reply_tokens) {
  if (!prompt.cost_left || !prompt.spec.router) return true;
  const std::optional<Usd> worst = prompt.spec.router->price.worst_case(static_cast<std::int64_t>(prompt_tokens), reply_tokens);
  return worst && *worst <= *prompt.cost_left;
}

// How a call begins. Most decisions are calls: read with the prompt, it saves a pass for each of its tokens where an
// answer in words is allowed as well, and costs them where that is what comes.
std::vector<tokenizer::TokenId> beginning_of_a_call(const RouterModel& model, const Allowed& allowed) {
  const bool open = allowed.rules.may_answer && !allowed.tools.empty() && allowed.rules.thinking == chat_format::Thinking::off;
  if (!open) return {};
  chat_format::DecisionRules rules = allowed.rules;
  rules.may_answer = false;
  rules.min_calls = 1;
  const auto grammar = model.grammars->get(*model.format, allowed.tools, rules, *model.tokenizer);
  if (!grammar) return {};
  grammar::Matcher matcher(*grammar, model.vocabulary);
  std::vector<tokenizer::TokenId> tokens;
  while (matcher.next().forced() && tokens.size() < kMostLikelyTokens) {
    tokens.push_back(matcher.next().few.front());
    matcher.accept(tokens.back());
  }
  return tokens;
}

Result<Question> question_of(const RouterModel& model, const LocalOptions& options, const DecisionPrompt& prompt, std::uint64_t seed) {
  auto allowed = allowed_now(prompt, options.thinking);
  if (!allowed) return fail(allowed.error());
  auto grammar = model.grammars->get(*model.format, allowed->tools, allowed->rules, *model.tokenizer);
  if (!grammar) return fail(ErrorKind::internal, "The router cannot decide.", "no grammar of the tools: " + grammar.error().describe());
  auto tokens = prompt_tokens(model, prompt, options.thinking);
  if (!tokens) return fail(tokens.error());
  const auto room = room_for_reply(model, prompt, tokens->size());
  if (!room) return fail(room.error());
  if (!is_affordable(prompt, tokens->size(), *room))
    return fail(ErrorKind::insufficient_quota, "The cost limit of this request does not allow another routing decision.");
  Question question{.allowed = std::move(*allowed), .request = {.prompt = std::move(*tokens)}};
  question.request.grammar = std::move(*grammar);
  question.request.likely_start = beginning_of_a_call(model, question.allowed);
  question.request.report_decisions = options.report_alternatives;
  question.request.sampling.temperature = options.temperature;
  question.request.sampling.seed = seed;
  question.request.sampling.max_tokens = *room;
  question.request.sampling.top_logprobs = kAlternatives;
  return question;
}

Usage usage_of(const lm::Generation& generation) {
  if (generation.forward_passes == 0) return {};  // cancelled while it waited
  return {.prompt_tokens = generation.prompt_tokens,
          .completion_tokens = static_cast<std::int64_t>(generation.tokens.size()),  // as `xrouter host` counts them
          .cached_tokens = generation.cached_tokens};
}

AttemptRecord attempt_of(const RouterModel& model, const EpisodeSpec& spec, const Result<lm::Generation>& generation) {
  AttemptRecord attempt{.model = spec.router ? spec.router->id : ModelId(model.name)};
  attempt.deployment = "in this process";
  attempt.cost = Cost::exactly(Usd::zero());
  if (!generation) {
    attempt.error = generation.error().kind;
    return attempt;
  }
  attempt.usage = usage_of(*generation);
  attempt.usage_source = UsageSource::reported;
  if (!generation->tokens.empty()) attempt.first_token = generation->queued + generation->time_to_first;
  if (!spec.router) return attempt;
  attempt.cost = spec.router->price.cost_of(attempt.usage);
  attempt.price_version = spec.router->price.version();
  return attempt;
}

PolicyReply failed_with(Error error) {
  PolicyReply reply;
  reply.error = std::move(error);
  return reply;
}

}  // namespace

boost::asio::awaitable<PolicyReply> LocalPolicy::decide(const DecisionPrompt& prompt, CallScope& scope) {
  auto question = question_of(*model_, options_, prompt, rng_.next());
  if (!question) co_return failed_with(question.error());
  CallScope limit(scope, options_.timeout, "router");
  const WallTime started = scope.clock().wall_now();
  const TimePoint begun = scope.now();
  std::vector<tokenizer::TokenId> tokens = question->request.prompt;
  lm::GenerationRequest request = std::move(question->request);
  const Result<lm::Generation> generation = co_await generate(*model_->generator, std::move(request), limit);
  const bool cut_short = generation && generation->cause == lm::StopCause::cancelled;

  PolicyReply reply;
  if (!generation)
    reply.error = generation.error();
  else if (cut_short)
    reply.error = limit.ended() ? limit.error() : Error{.kind = ErrorKind::cancelled, .public_text = "The decision was cancelled."};
  else
    reply = read_reply(*model_, question->allowed, std::move(tokens), *generation);
  AttemptRecord attempt = attempt_of(*model_, prompt.spec, generation);
  attempt.started = started;
  attempt.latency = scope.now() - begun;
  if (reply.error) attempt.error = reply.error->kind;
  reply.attempts.push_back(std::move(attempt));
  co_return reply;
}

}  // namespace xrouter::policy_lm
