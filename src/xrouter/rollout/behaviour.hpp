// What a router did in many episodes, as figures. Pure.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>

#include "xrouter/rollout/rollout.hpp"
#include "xrouter/samples/sample.hpp"

namespace xrouter::rollout {

/// Means and shares over some rollouts. Money is a sum; divide by `rollouts`.
struct Behaviour {
  std::size_t rollouts = 0;
  std::size_t scored = 0;  ///< verdict right or wrong
  double success = 0;      ///< share of the scored that are right
  double score = 0;        ///< mean of the scored
  Usd router_cost, target_cost, wasted_cost, reference_cost;
  Usd cost_with_reference;  ///< router and targets, of the rollouts that have a reference
  /// Of what the user got: they sum to 1.
  double direct = 0, selected = 0, final_call = 0, synthesised = 0, last_reply = 0, none = 0;
  double calls = 0, turns = 0;                     ///< mean per rollout
  double called = 0;                               ///< share with at least one call
  double several_turns = 0;                        ///< share with a decision after reading results
  double several_calls = 0;                        ///< share whose first decision is several calls
  double refused_calls = 0, failed_calls = 0;      ///< mean per rollout
  double cut_off = 0, without_trajectory = 0;      ///< shares
  double router_tokens = 0, prompt_tokens = 0;     ///< mean per rollout, of those with a trajectory
  std::map<std::string, double> model_share = {};  ///< of all calls, by catalogue id
  double top_model_share = 0;                      ///< the largest of them: 1 is a router that has collapsed to one model
};

Behaviour behaviour_of(std::span<const Rollout* const> rollouts);
Behaviour behaviour_of(std::span<const Group> groups);

/// What a figure is split by, told by the sample's index: its stratum or its source.
using LabelOf = std::function<std::string(std::size_t sample)>;
std::map<std::string, Behaviour> behaviour_by(std::span<const Group> groups, const LabelOf& label_of);

}  // namespace xrouter::rollout
