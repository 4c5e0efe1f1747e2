// What an episode is worth: success first, and of two successes the cheaper. One set of options serves training,
// validation and test.
#pragma once

#include <optional>

#include "xrouter/base/result.hpp"
#include "xrouter/base/usd.hpp"
#include "xrouter/rl/cost_quantiles.hpp"

namespace xrouter::rl {

/// What a cost is measured against. The first two do not change when all prices are multiplied by one number.
enum class CostNorm {
  reference,   ///< cost / what the reference model costs on this prompt
  percentile,  ///< where sqrt(cost) lies between the 5th and 95th percentile of recent costs, in [0, 1]
  usd,         ///< dollars; for comparison only
};

enum class Gate {
  success,   ///< s (K - penalty)
  budget,    ///< s K when the normalised cost is within `budget`, else 0
  additive,  ///< s K - penalty without its cap
};

struct RewardOptions {
  double success = 1;        ///< K
  double cost_weight = 1;    ///< lambda per unit of the episode's own cost weight
  double penalty_cap = 0.8;  ///< below `success`, so that a success beats every failure
  CostNorm norm = CostNorm::reference;
  Gate gate = Gate::success;
  double budget = 1;            ///< normalised cost; for Gate::budget
  double failure_cost = 0.05;   ///< kappa: a failure loses this share of its penalty, so hopeless prompts teach thrift
  double latency_weight = 0;    ///< mu per unit of normalised time; shares the cap with the cost
  double latency_seconds = 60;  ///< one unit of normalised time
  /// Soft limit on the router's own tokens, outside the gate: nothing up to limit - buffer, then falling to -1 at the
  /// limit and beyond, times the factor. 0 tokens: no limit.
  int overlong_limit_tokens = 0;
  int overlong_buffer_tokens = 0;
  double overlong_factor = 1;
};

/// Errors: config, naming the option (a cap that is not below K, a negative weight ...).
Result<void> check(const RewardOptions& options);

struct EpisodeFacts {
  double success = 0;                      ///< of the grader, [0, 1]
  std::optional<Usd> cost = {};            ///< router and all attempts; empty: a price was unknown
  std::optional<Usd> reference_cost = {};  ///< of the reference on this prompt; for CostNorm::reference
  double cost_weight = 1;                  ///< w of this episode
  double seconds = 0;
  int router_tokens = 0;  ///< written by the router; results of calls are not
};

/// The parts add up to `total`.
struct Reward {
  double success = 0;   ///< at least 0
  double cost = 0;      ///< at most 0; of a success (and, with Gate::additive, of every episode)
  double failure = 0;   ///< at most 0; what a failure loses for what it spent
  double latency = 0;   ///< at most 0; of a success
  double overlong = 0;  ///< at most 0
  double total = 0;

  // What it was made of; split advantages start from these.
  double score = 0;         ///< s
  double cost_norm = 0;     ///< c, before weight and cap
  double cost_rate = 0;     ///< lambda w
  double latency_norm = 0;  ///< t
  double latency_rate = 0;  ///< mu
};

/// `quantiles` are used by CostNorm::percentile alone. Errors: config when a cost cannot be normalised: it is unknown,
/// the reference is missing or free, no quantiles are there yet.
Result<Reward> reward_of(const RewardOptions& options, const EpisodeFacts& facts, const CostQuantiles& quantiles = CostQuantiles());

}  // namespace xrouter::rl
