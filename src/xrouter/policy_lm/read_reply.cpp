#include "xrouter/policy_lm/read_reply.hpp"

#include <algorithm>
#include <cmath>

#include "xrouter/policy_lm/confidence.hpp"

namespace xrouter::policy_lm {
namespace {

using chat_format::ParsedReply;

bool ended_by_itself(const lm::Generation& generation) { return generation.cause == lm::StopCause::end_token; }

// What is certain: of a reply that was cut off, what may yet have become a call is left out.
ParsedReply parsed(const RouterModel& model, const Allowed& allowed, const lm::Generation& generation) {
  using chat_format::CallsInReply;
  const auto parser = model.format->reply_parser(allowed.tools.empty() ? CallsInReply::as_text : CallsInReply::parsed);
  tokenizer::StreamDecoder decoder(*model.tokenizer, false);
  ParsedReply all;
  for (const lm::GeneratedToken& token : generation.tokens) all += parser->add(decoder.add(token.id));
  if (!ended_by_itself(generation)) return all;
  all += parser->add(decoder.finish());
  all += parser->finish();
  return all;
}

std::vector<std::int32_t> choices_of(const lm::GeneratedToken& token) {
  std::vector<std::int32_t> choices;
  if (!token.top_is_all || token.forced) return choices;
  for (const lm::Alternative& other : token.top)
    if (std::isfinite(other.logprob)) choices.push_back(other.token);
  std::sort(choices.begin(), choices.end());
  return choices;
}

std::shared_ptr<TokenTrace> trace_of(const RouterModel& model, std::vector<tokenizer::TokenId> prompt, const lm::Generation& generation) {
  auto trace = std::make_shared<TokenTrace>();
  trace->policy_version = model.version;
  trace->prompt = std::move(prompt);
  const auto add = [&](const lm::GeneratedToken& token) {
    trace->reply.push_back({.id = token.id,
                            .logprob = token.logprob,
                            .free_logprob = token.free_logprob,
                            .forced = token.forced,
                            .choices = choices_of(token)});
  };
  for (const lm::GeneratedToken& token : generation.tokens) add(token);
  if (generation.end) add(*generation.end);
  trace->ended = generation.end.has_value();
  return trace;
}

}  // namespace

PolicyReply read_reply(const RouterModel& model, const Allowed& allowed, std::vector<tokenizer::TokenId> prompt, const lm::Generation& generation) {
  ParsedReply read = parsed(model, allowed, generation);
  const Certainty certainty = certainty_of(model, allowed, generation, read);
  auto trace = trace_of(model, std::move(prompt), generation);
  trace->alternatives = certainty.alternatives;
  PolicyReply reply;
  reply.trace = std::move(trace);
  reply.confidence = certainty.confidence;
  // Words end by force only where their limit of bytes is reached.
  const bool full = !read.text.empty() && generation.end && generation.end->forced;
  const bool cut_off = !ended_by_itself(generation) || full;
  if (cut_off && read.tool_calls.empty() && read.text.empty()) {
    reply.error = Error{.kind = ErrorKind::no_usable_answer,
                        .public_text = "The router's decision was cut off after " + std::to_string(generation.tokens.size()) + " tokens."};
    return reply;
  }
  reply.text = std::move(read.text);
  reply.tool_calls = std::move(read.tool_calls);
  reply.finish_reason = !reply.tool_calls.empty() ? FinishReason::tool_calls : cut_off ? FinishReason::length : FinishReason::stop;
  return reply;
}

}  // namespace xrouter::policy_lm
