// One planned request, run to its end.
#pragma once

#include "xrouter/engine/drive.hpp"
#include "xrouter/service/plan.hpp"

namespace xrouter::service {

/// Who answers, as one worker has it.
struct Backends {
  Policy& router;
  ModelPool& pool;
};

/// Drives `episode` (made from plan.spec) with the router, or with a fixed policy when the plan names
/// a model; checks JSON answers; remembers who asked for tool calls. `affinity` and `live` may be null.
/// Outcome::relayed tells whether `live` has had the answer.
boost::asio::awaitable<Outcome> run(const Plan& plan, Episode& episode, const Backends& backends, EpisodeObserver& observer, CallScope& scope,
                                    ToolAffinity* affinity, DeltaSink* live);

/// The model behind an answer: that of its call; for the router's own words the router's model, or
/// empty when the router is no model of the catalogue.
ModelId model_of_answer(const Episode& episode, const Outcome& outcome);

}  // namespace xrouter::service
