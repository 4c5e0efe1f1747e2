#include "xrouter/wire/openai/usage.hpp"

namespace xrouter::wire::openai {
namespace {
using json::ObjectReader;

std::optional<std::int64_t> count(ObjectReader& in, std::string_view name) { return in.optional_integer(name, 0, kMaxTokensPerReply); }

const boost::json::object* usage_of(const ObjectReader& document) {
  const boost::json::value* usage = document.find("usage");
  return usage ? usage->if_object() : nullptr;
}

// A detail that is not given is zero: its tokens are then billed as plain ones.
void read_details(ObjectReader& in, std::string_view name, std::initializer_list<std::pair<std::string_view, std::int64_t*>> fields) {
  if (!in.optional_object(name)) return;
  ObjectReader details(*in.find(name), in.path_of(name));
  for (const auto& [field, target] : fields) *target = count(details, field).value_or(0);
  in.take_error_of(details);
}

}  // namespace

std::optional<Usage> read_usage(const ObjectReader& document) {
  if (!usage_of(document)) return std::nullopt;
  ObjectReader in(*document.find("usage"), "usage");
  Usage usage;
  const auto prompt = count(in, "prompt_tokens");
  auto completion = count(in, "completion_tokens");
  const auto total = in.optional_integer("total_tokens", 0, 2 * kMaxTokensPerReply);
  if (prompt && !completion && total && *total >= *prompt) completion = *total - *prompt;
  usage.prompt_tokens = prompt.value_or(0);
  usage.completion_tokens = completion.value_or(0);
  // DeepSeek's name for cached tokens; the standard one, read next, wins.
  usage.cached_tokens = count(in, "prompt_cache_hit_tokens").value_or(0);
  const std::int64_t vendor_cached = usage.cached_tokens;
  read_details(in, "prompt_tokens_details",
               {{"cached_tokens", &usage.cached_tokens}, {"cache_write_tokens", &usage.cache_write_tokens}, {"audio_tokens", &usage.prompt_audio_tokens}});
  if (usage.cached_tokens == 0) usage.cached_tokens = vendor_cached;
  read_details(in, "completion_tokens_details",
               {{"reasoning_tokens", &usage.reasoning_tokens},
                {"audio_tokens", &usage.completion_audio_tokens},
                {"accepted_prediction_tokens", &usage.accepted_prediction_tokens},
                {"rejected_prediction_tokens", &usage.rejected_prediction_tokens}});
  if (!in.ok() || !prompt || !completion) return std::nullopt;
  return usage;
}

void write_usage(json::Writer& out, const Usage& usage) {
  out.key("usage").begin_object();
  out.field("prompt_tokens", usage.prompt_tokens).field("completion_tokens", usage.completion_tokens);
  out.field("total_tokens", usage.total_tokens());
  out.key("prompt_tokens_details").begin_object();
  out.field("cached_tokens", usage.cached_tokens).field("cache_write_tokens", usage.cache_write_tokens);
  out.field("audio_tokens", usage.prompt_audio_tokens).end_object();
  out.key("completion_tokens_details").begin_object();
  out.field("reasoning_tokens", usage.reasoning_tokens).field("audio_tokens", usage.completion_audio_tokens);
  out.field("accepted_prediction_tokens", usage.accepted_prediction_tokens);
  out.field("rejected_prediction_tokens", usage.rejected_prediction_tokens).end_object();
  out.end_object();
}

}  // namespace xrouter::wire::openai
