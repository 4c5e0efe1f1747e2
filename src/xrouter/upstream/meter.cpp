#include "xrouter/upstream/meter.hpp"

#include <algorithm>

namespace xrouter::upstream {
namespace {

constexpr int kOk = 200;

UsageSource source_of(const Consumption& consumption) {
  if (consumption.reported) return UsageSource::reported;
  if (consumption.http_status == kOk) return UsageSource::estimated;
  const bool unanswered = consumption.http_status == 0 && consumption.request_sent;
  return unanswered ? UsageSource::estimated : UsageSource::none;
}

// The limit the caller set holds for each choice.
std::int64_t output_cap(const Sampling& sampling) {
  const std::int64_t each = std::min(sampling.max_output_tokens.value_or(kMaxTokensPerReply), kMaxTokensPerReply);
  return std::min(each * std::max<std::int64_t>(sampling.n.value_or(1), 1), kMaxTokensPerReply);
}

Usage estimate(const ModelCall& call, const Consumption& consumption, const TokenEstimator& reserved) {
  Usage usage{.prompt_tokens = std::min(kBillingRate.prompt_tokens(call.request), reserved.prompt_tokens(call.request))};
  const std::size_t bytes = consumption.output_bytes;
  if (bytes > 0) usage.completion_tokens = std::min(kBillingRate.tokens_of(bytes), reserved.tokens_of(bytes));
  usage.completion_tokens = std::min(usage.completion_tokens, output_cap(call.request.sampling));
  return usage;
}

// Without the quotes, an escape sequence as the one byte it usually stands for.
std::size_t text_bytes_of(std::string_view quoted) {
  std::size_t bytes = 0;
  for (std::size_t i = 1; i + 1 < quoted.size(); ++i, ++bytes)
    if (quoted[i] == '\\') i += quoted[i + 1] == 'u' ? 5 : 1;
  return bytes;
}

// Texts such as reasoning_content count, and objects such as function_call. Markers (null, true) and
// lists (annotations, citations) are not what the model wrote.
std::size_t bytes_of(const ExtraFields& extra) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : extra) {
    if (value.text.starts_with('"')) bytes += text_bytes_of(value.text);
    if (value.text.starts_with('{') && value.text != "{}") bytes += value.text.size();
  }
  return bytes;
}

}  // namespace

void bill(AttemptRecord& record, const ModelCall& call, const Consumption& consumption, const TokenEstimator& estimator) {
  record.usage_source = source_of(consumption);
  record.usage = {};
  record.cost = {};
  if (record.usage_source == UsageSource::none) return;
  record.usage = consumption.reported ? *consumption.reported : estimate(call, consumption, estimator);
  record.cost = call.model->price.cost_of(record.usage);
  record.cost.estimated = record.usage_source == UsageSource::estimated;
}

std::size_t output_bytes_of(const ChatDelta& delta) {
  std::size_t bytes = 0;
  for (const ChoiceDelta& choice : delta.choices) {
    bytes += choice.content.value_or("").size() + bytes_of(choice.extra);
    for (const ToolCallDelta& call : choice.tool_calls) bytes += call.name.size() + call.arguments.size();
  }
  return bytes;
}

std::size_t output_bytes_of(const ChatReply& reply) {
  std::size_t bytes = 0;
  for (const Choice& choice : reply.choices) {
    bytes += text_of(choice.message.content).size() + bytes_of(choice.message.extra);
    for (const ToolCall& call : choice.message.tool_calls) bytes += call.name.size() + call.arguments.size();
  }
  return bytes;
}

}  // namespace xrouter::upstream
