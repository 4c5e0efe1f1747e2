// Prices per token, and what a usage costs under them.
#pragma once

#include <optional>
#include <string>

#include "xrouter/base/usd.hpp"
#include "xrouter/chat/types.hpp"

namespace xrouter {

/// Money per single token (0.05 USD per million tokens = 50,000 pico-dollars a token).
/// A missing optional means unknown, never zero. Buckets that a provider does not bill apart
/// are resolved when the catalogue is loaded: cached_input falls back to input, reasoning to output.
struct Price {
  std::optional<Usd> input = {};
  std::optional<Usd> output = {};
  std::optional<Usd> cached_input = {};
  std::optional<Usd> cache_write = {};
  std::optional<Usd> reasoning = {};
  std::optional<Usd> input_audio = {};
  std::optional<Usd> output_audio = {};
  std::optional<Usd> per_call = {};  ///< charged for every attempt that is billed at all; absent = none
  std::string source = {};           ///< where the figures come from
  std::string date = {};             ///< ISO date they were read

  /// Names the price in ledgers: "<date> <source>".
  std::string version() const { return date.empty() ? source : date + " " + source; }
  bool known() const { return input && output; }

  /// Cost of one attempt with this usage, reported or estimated. A bucket with tokens and no price makes the result incomplete, with the
  /// rest as lower bound. Cached, cache-write and audio tokens are taken out of the plain input
  /// tokens, never below zero.
  Cost cost_of(const Usage& usage) const;

  /// Upper bound for a call before it is made: every input token at the dearest input rate,
  /// every output token at the dearest output rate, and the price per call. nullopt when a price is unknown.
  std::optional<Usd> worst_case(std::int64_t prompt_tokens, std::int64_t output_tokens) const;

  bool operator==(const Price&) const = default;
};

}  // namespace xrouter
