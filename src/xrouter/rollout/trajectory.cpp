#include <algorithm>
#include <cmath>

#include "xrouter/rollout/rollout.hpp"

namespace xrouter::rollout {
namespace {

// Where the grammar left nearly everything open, training takes the whole vocabulary: so does the log-prob.
float logprob_of(const TokenTrace::Token& token) {
  return token.choices.empty() && std::isfinite(token.free_logprob) ? token.free_logprob : token.logprob;
}

void append(Trajectory& out, const TokenTrace& trace, int turn) {
  std::vector<learner::TokenId>& tokens = out.sequence.tokens;
  tokens.insert(tokens.end(), trace.prompt.begin() + static_cast<std::ptrdiff_t>(tokens.size()), trace.prompt.end());
  for (const TokenTrace::Token& token : trace.reply) {
    if (!token.forced) {
      out.sequence.choices.push_back({.at = static_cast<int>(tokens.size()), .among = {token.choices.begin(), token.choices.end()}});
      out.logprobs.push_back(logprob_of(token));
      out.turns.push_back(turn);
    }
    tokens.push_back(token.id);
  }
  out.router_tokens += static_cast<int>(trace.reply.size());
}

bool continues(const Trajectory& before, const TokenTrace& trace) {
  const std::vector<learner::TokenId>& tokens = before.sequence.tokens;
  return trace.policy_version == before.policy_version && trace.prompt.size() >= tokens.size() &&
         std::equal(tokens.begin(), tokens.end(), trace.prompt.begin());
}

}  // namespace

std::optional<Trajectory> trajectory_of(const Transcript& transcript) {
  if (transcript.turns.empty() || !transcript.turns.front().trace || transcript.turns.front().trace->prompt.empty()) return std::nullopt;
  Trajectory out;
  const TokenTrace& first = *transcript.turns.front().trace;
  out.policy_version = first.policy_version;
  out.prompt_tokens = static_cast<int>(first.prompt.size());
  int turn = 0;
  for (const Turn& decision : transcript.turns) {
    if (!decision.trace) break;
    if (!continues(out, *decision.trace)) return std::nullopt;
    append(out, *decision.trace, ++turn);
  }
  return out;
}

}  // namespace xrouter::rollout
