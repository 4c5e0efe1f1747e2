// What an episode is, as data. Serving, training and evaluation differ in these values, never in
// the loop that runs them.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "xrouter/base/clock.hpp"
#include "xrouter/base/usd.hpp"
#include "xrouter/catalog/catalog.hpp"
#include "xrouter/chat/types.hpp"

namespace xrouter {

enum class Mode {
  agent,   ///< several turns and calls, select_response, synthesis
  simple,  ///< exactly one decision: a direct answer, or calls of which the first success is the answer
};
std::string_view to_text(Mode mode);
std::optional<Mode> mode_of(std::string_view text);

/// What the answer is when the last turn's calls have been executed and nothing was selected.
enum class OnTurnLimit {
  last_reply,  ///< the latest successful reply
  fail,        ///< none: the episode fails (what a reward may want)
};

/// Hard caps of one request. Each is checked before the step that would pass it.
struct EpisodeLimits {
  int max_turns = 3;
  int max_calls = 8;
  int max_calls_per_turn = 4;
  std::optional<Usd> max_cost = {};        ///< router turns and every attempt included
  std::int64_t max_tokens = 2'000'000;     ///< input and output of all calls and turns together
  Duration deadline = std::chrono::seconds(300);
  int attempts_per_call = 2;               ///< what a reservation must cover; the pool obeys it
  std::int64_t default_output_tokens = 4096;  ///< output cap of a call when the caller names none and money or tokens are limited
};

/// The most output tokens that a call may make in all its choices together (`n`), when it is sent with
/// a limit: the caller's, else default_output_tokens, and never above what the model can do.
std::int64_t output_cap(const ModelSpec& model, const Sampling& sampling, const EpisodeLimits& limits);

/// One model that the policy may call in this episode.
struct OfferedModel {
  const ModelSpec* spec = nullptr;  ///< owned by the episode's catalogue
  std::string tool_name;            ///< tool_name_of(spec->id)
};

struct EpisodeSpec {
  ChatRequest request;
  std::shared_ptr<const ModelCatalog> catalog;  ///< keeps the offered models alive
  std::vector<OfferedModel> offered;
  EpisodeLimits limits = {};
  Mode mode = Mode::agent;
  OnTurnLimit on_turn_limit = OnTurnLimit::last_reply;
  double cost_weight = 1.0;  ///< lambda, told to the policy; 0 = quality only
  /// Called once, directly, when the policy itself fails before any success. Empty: no fallback.
  ModelId fallback_model = {};
  TokenEstimator estimator = {};
  /// The model that decides, when deciding costs money: its turns are reserved like calls. Null: free.
  const ModelSpec* router = nullptr;
  std::int64_t router_output_tokens = 2048;  ///< output cap of one decision
  int depth = 0;  ///< routers this request has passed before us; every call of the episode carries it
};

/// The offered list for `ids`, in order; unknown and inactive models are left out.
std::vector<OfferedModel> offer(const ModelCatalog& catalog, const std::vector<ModelId>& ids);
/// Every active model of the catalogue.
std::vector<OfferedModel> offer_all(const ModelCatalog& catalog);

}  // namespace xrouter
