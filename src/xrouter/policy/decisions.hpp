// Decisions as values, for the policies that are plain rules.
#pragma once

#include <initializer_list>

#include "xrouter/engine/transcript.hpp"

namespace xrouter::policy {

/// A turn that calls these models without arguments.
PolicyReply call_models(std::initializer_list<ModelId> models);
/// A turn that calls one model and takes its answer.
PolicyReply commit_to(const ModelId& model);
/// A turn that selects a successful call of an earlier turn.
PolicyReply select(const CallId& call);
/// Gives up with the error of the latest call that failed or that the limits of cost and tokens did not
/// allow. Other refusals are between policy and engine: they say nothing about the caller's request.
PolicyReply give_up(const Transcript& transcript);
/// Gives up because no model fits into what is left of the cost limit: insufficient_quota.
PolicyReply give_up_for_cost();

}  // namespace xrouter::policy
