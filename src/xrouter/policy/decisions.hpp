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
/// Gives up with the error of the latest call that has one.
PolicyReply give_up(const Transcript& transcript);

}  // namespace xrouter::policy
