// An episode run for training: the tokens that the router chose, and what came of them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "xrouter/engine/outcome.hpp"
#include "xrouter/learner/token_tree.hpp"

namespace xrouter::rollout {

/// Tokens as they were read and written, nothing decoded and encoded again. Choices are the tokens that the router
/// sampled: forced ones, prompts and results are no choices.
struct Trajectory {
  learner::TokenSequence sequence;
  std::vector<float> logprobs;  ///< of the choices, when they were sampled
  std::vector<int> turns;       ///< of the choices, 1-based
  int prompt_tokens = 0;        ///< in front of the first decision
  int router_tokens = 0;        ///< written by the router, forced ones included; results are not
  std::string policy_version;
  bool operator==(const Trajectory&) const = default;
};

/// The traces of an episode behind each other; a decision without one ends it. nullopt: the first decision has no trace,
/// or a prompt does not begin with the tokens before it (a decision that was cut off), or the policy's version changes:
/// nothing can be learned from it token by token.
std::optional<Trajectory> trajectory_of(const Transcript& transcript);

enum class Verdict { right, wrong, unscored };

struct Rollout {
  std::string sample;  ///< RouterSample::id
  int index = 0;       ///< within its group
  Trajectory trajectory;
  Verdict verdict = Verdict::unscored;  ///< `right` by the grader's own rule, whatever the reward is
  double score = 0;                     ///< of the grader, [0, 1]; 0 when unscored
  double cost_weight = 0;
  Usd router_cost, target_cost;
  Usd wasted_cost;                         ///< of calls whose reply was not the answer; part of target_cost
  bool cost_known = true;                  ///< false: a price or a token count was unknown, and the costs are lower bounds
  std::optional<Usd> reference_cost = {};  ///< what the reward's reference would have cost on this prompt
  double seconds = 0;                      ///< simulated or real time of the episode
  AnswerSource source = AnswerSource::none;
  bool final_call = false;  ///< the answer is a reply of the last turn that was called for, not one that was read and selected
  StopReason stop = StopReason::answered;
  bool cut_off = false;  ///< a decision hit its token limit
  int turns = 0;
  std::vector<std::string> calls = {};  ///< models that were called, by catalogue id of the original, in order
  int refused_calls = 0, failed_calls = 0;
  std::string first_action = {};  ///< a model's id, "answer", or "several"; empty: the first decision failed
  std::string answer = {};        ///< what the user got, when answers are kept
  bool operator==(const Rollout&) const = default;
};

/// All rollouts of one sample, with one cost weight.
struct Group {
  std::size_t sample = 0;      ///< index into the sample set
  std::uint64_t drawn_at = 0;  ///< policy version that made it: the number of steps then
  std::vector<Rollout> rollouts = {};
  bool operator==(const Group&) const = default;
};

}  // namespace xrouter::rollout
