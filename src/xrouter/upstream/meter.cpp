#include "xrouter/upstream/meter.hpp"

#include <algorithm>

namespace xrouter::upstream {
namespace {

constexpr int kOk = 200;

bool we_gave_up(std::optional<ErrorKind> error) {
  return error == ErrorKind::cancelled || error == ErrorKind::attempt_timeout || error == ErrorKind::deadline_exceeded;
}

UsageSource source_of(const Consumption& consumption) {
  if (consumption.reported) return UsageSource::reported;
  if (consumption.http_status == kOk) return UsageSource::estimated;
  const bool open = consumption.http_status == 0 && consumption.request_sent;
  return open && we_gave_up(consumption.error) ? UsageSource::estimated : UsageSource::none;
}

Usage estimate(const ModelCall& call, const Consumption& consumption, const TokenEstimator& estimator) {
  Usage usage{.prompt_tokens = estimator.prompt_tokens(call.request)};
  if (consumption.output_bytes > 0) usage.completion_tokens = estimator.tokens_of(consumption.output_bytes);
  const std::int64_t cap = call.request.sampling.max_output_tokens.value_or(kMaxTokensPerReply);
  usage.completion_tokens = std::min(usage.completion_tokens, cap);
  return usage;
}

// Relayed fields such as reasoning_content count, markers such as "refusal": null do not.
std::size_t bytes_of(const ExtraFields& extra) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : extra)
    if (value.text.size() > 2 && value.text != "null" && value.text != "false" && value.text != "true") bytes += value.text.size();
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
