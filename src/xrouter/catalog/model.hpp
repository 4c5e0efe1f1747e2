// What is known of a model: prices, limits, capabilities, where it runs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/ids.hpp"
#include "xrouter/catalog/price.hpp"

namespace xrouter {

enum class Tier { premium, standard, budget, specialised };
std::string_view to_text(Tier tier);
std::optional<Tier> tier_of(std::string_view text);

struct Capabilities {
  bool tools = true;
  bool parallel_tool_calls = true;
  bool json_schema = true;
  bool vision = false;
  bool audio = false;
  bool logprobs = true;
  bool multiple_choices = true;  ///< n > 1
  bool sampling = true;          ///< temperature, top_p, penalties (reasoning models refuse them)
  bool stop = true;
  bool seed = true;
  bool operator==(const Capabilities&) const = default;
};

/// The upstream of models that are answered from recorded outcomes instead of the network;
/// no configured upstream may take this name.
inline constexpr std::string_view kRecordedUpstream = "recorded";

/// One more place where a model runs.
struct Deployment {
  std::string upstream = {};  ///< name of the configured upstream
  std::string model = {};     ///< the name that upstream knows it by
  bool operator==(const Deployment&) const = default;
};

struct ModelSpec {
  ModelId id;
  Tier tier = Tier::standard;
  Price price;
  std::int64_t context_tokens = 128'000;
  std::int64_t max_output_tokens = 4'096;
  Capabilities capabilities;
  std::string description = {};   ///< one or two sentences for the policy
  std::map<std::string, int> scores = {};  ///< per cent right by domain ("math"), as measured; part of what the policy is told
  std::string upstream = {};      ///< name of the configured upstream; "recorded" for the recorded pool
  std::string upstream_model = {};///< the name the upstream knows it by
  std::string note = {};          ///< for people: known faults of the figures
  bool active = true;             ///< offered to the router
  std::vector<Deployment> alternatives = {};  ///< further upstreams that serve it, asked in this order when the first cannot
  bool operator==(const ModelSpec&) const = default;
};

/// `call_` + the id with every character outside [a-zA-Z0-9_] replaced by '_'. The only place
/// where a tool name is made; the catalogue refuses two models with one tool name.
std::string tool_name_of(const ModelId& id);

/// Conservative token counts from text sizes, for reservations before a call is made.
struct TokenEstimator {
  std::int64_t bytes_per_token = 2;      ///< o200k_base averages above 3 on real prompts
  std::int64_t tokens_per_message = 16;  ///< template overhead
  std::int64_t tokens_of(std::size_t bytes) const { return static_cast<std::int64_t>(bytes) / bytes_per_token + 1; }
  std::int64_t prompt_tokens(const ChatRequest& request) const;
};

}  // namespace xrouter
