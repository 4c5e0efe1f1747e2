// What a router is told of a call's result, beside its text.
#pragma once

#include "xrouter/engine/transcript.hpp"

namespace xrouter::rollout {

struct SeenResult {
  bool states_answer = false;
  bool agrees = false;  ///< with an earlier success of the episode
};

/// Read from the very text that stands in the prompt, so that a teacher knows no more than its pupil. Precondition: the
/// call is one of the transcript's.
SeenResult seen_result(const DecisionPrompt& prompt, const CallRecord& call);

}  // namespace xrouter::rollout
