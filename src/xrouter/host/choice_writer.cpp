#include "xrouter/host/choice_writer.hpp"

#include "xrouter/host/token_logprobs.hpp"
#include "xrouter/json/parse.hpp"

namespace xrouter::host {
namespace {

bool is_cut(lm::StopCause cause) { return cause == lm::StopCause::max_tokens || cause == lm::StopCause::context_full; }

FinishReason reason_of(lm::StopCause cause, bool calls) {
  if (is_cut(cause)) return FinishReason::length;
  return calls ? FinishReason::tool_calls : FinishReason::stop;
}

bool says_something(const ChoiceDelta& choice) { return choice.content || !choice.tool_calls.empty() || !choice.extra.empty(); }

}  // namespace

ChoiceWriter::ChoiceWriter(std::int64_t index, const HostedModel& model, ChoiceStyle style)
    : index_(index), model_(model), style_(std::move(style)), parser_(model.format->reply_parser(style_.calls)) {}

std::optional<ChatDelta> ChoiceWriter::add(const std::vector<lm::GeneratedToken>& tokens) {
  std::string text;
  for (const lm::GeneratedToken& token : tokens) text += token.text;
  if (style_.logprobs) unreported_.insert(unreported_.end(), tokens.begin(), tokens.end());
  ChatDelta delta = delta_of(parser_->add(text));
  if (!says_something(delta.choices.front())) return std::nullopt;
  if (style_.logprobs) delta.choices.front().logprobs = render_logprobs(unreported_, *model_.tokenizer, style_.top_logprobs);
  unreported_.clear();
  said_something_ = true;
  return delta;
}

ChatDelta ChoiceWriter::finish(const lm::Generation& generation) {
  finished_ = true;
  // Half a call is no answer: of a reply that was cut off, what was to become one is left out.
  const bool half_a_call = is_cut(generation.cause) && style_.calls == chat_format::CallsInReply::parsed;
  ChatDelta delta = delta_of(half_a_call ? chat_format::ParsedReply{} : parser_->finish());
  ChoiceDelta& choice = delta.choices.front();
  if (!unreported_.empty()) choice.logprobs = render_logprobs(unreported_, *model_.tokenizer, style_.top_logprobs);
  // An answer that is empty is still an answer.
  if (!said_something_ && !says_something(choice)) choice.content = std::string();
  choice.finish_reason = reason_of(generation.cause, calls_ > 0);
  return delta;
}

ChatDelta ChoiceWriter::delta_of(chat_format::ParsedReply parsed) {
  ChoiceDelta choice{.index = index_};
  if (!parsed.text.empty()) choice.content = std::move(parsed.text);
  if (!parsed.thinking.empty()) choice.extra.emplace_back("reasoning_content", RawJson{json::quote(parsed.thinking)});
  for (ToolCall& call : parsed.tool_calls) {
    choice.tool_calls.push_back({.index = calls_,
                                 .id = style_.call_prefix + std::to_string(calls_),
                                 .type = "function",
                                 .name = std::move(call.name),
                                 .arguments = std::move(call.arguments)});
    ++calls_;
  }
  ChatDelta delta;
  delta.choices.push_back(std::move(choice));
  return delta;
}

}  // namespace xrouter::host
