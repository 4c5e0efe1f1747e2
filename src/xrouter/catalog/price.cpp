#include "xrouter/catalog/price.hpp"

#include <algorithm>

namespace xrouter {
namespace {

void charge(Cost& sum, std::int64_t tokens, const std::optional<Usd>& rate) {
  if (tokens <= 0) return;
  auto amount = rate ? rate->checked_mul(tokens) : std::nullopt;
  sum += amount ? Cost::exactly(*amount) : Cost::unknown();
}

std::optional<Usd> dearest(std::initializer_list<std::optional<Usd>> rates) {
  std::optional<Usd> top;
  for (const auto& rate : rates)
    if (rate && (!top || *rate > *top)) top = rate;
  return top;
}

}  // namespace

Cost Price::cost_of(const Usage& usage) const {
  Cost sum;
  if (per_call) sum += Cost::exactly(*per_call);
  const std::int64_t special_input = usage.cached_tokens + usage.cache_write_tokens + usage.prompt_audio_tokens;
  charge(sum, std::max<std::int64_t>(0, usage.prompt_tokens - special_input), input);
  charge(sum, usage.cached_tokens, cached_input ? cached_input : input);
  charge(sum, usage.cache_write_tokens, cache_write ? cache_write : input);
  charge(sum, usage.prompt_audio_tokens, input_audio ? input_audio : input);
  // Rejected prediction tokens are billed as output; accepted ones are output.
  const std::int64_t special_output = usage.reasoning_tokens + usage.completion_audio_tokens;
  charge(sum, std::max<std::int64_t>(0, usage.completion_tokens - special_output), output);
  charge(sum, usage.reasoning_tokens, reasoning ? reasoning : output);
  charge(sum, usage.completion_audio_tokens, output_audio ? output_audio : output);
  return sum;
}

std::optional<Usd> Price::worst_case(std::int64_t prompt_tokens, std::int64_t output_tokens) const {
  if (!known()) return std::nullopt;
  auto in = dearest({input, cached_input, cache_write, input_audio})->checked_mul(prompt_tokens);
  auto out = dearest({output, reasoning, output_audio})->checked_mul(output_tokens);
  if (!in || !out) return std::nullopt;
  auto sum = in->checked_add(*out);
  return sum && per_call ? sum->checked_add(*per_call) : sum;
}

}  // namespace xrouter
