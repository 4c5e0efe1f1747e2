// Whatever bytes are read as saved rollouts: what is accepted keeps its promises, and is written down as it was read.
#include <algorithm>
#include <cstdint>

#include "xrouter/base/assert.hpp"
#include "xrouter/rollout/group_bytes.hpp"

using namespace xrouter::rollout;

namespace {

void check_trajectory(const Trajectory& trajectory) {
  const auto& [tokens, choices] = trajectory.sequence;
  XROUTER_ASSERT(trajectory.logprobs.size() == choices.size() && trajectory.turns.size() == choices.size(), "one of each");
  int last = 0;
  for (const xrouter::learner::Choice& choice : choices) {
    XROUTER_ASSERT(choice.at > last && static_cast<std::size_t>(choice.at) < tokens.size(), "choices ascend within their sequence");
    last = choice.at;
    const bool chosen = std::binary_search(choice.among.begin(), choice.among.end(), tokens[static_cast<std::size_t>(choice.at)]);
    XROUTER_ASSERT(choice.among.empty() || chosen, "what was chosen is among what it was chosen from");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto groups = decode_groups({reinterpret_cast<const char*>(data), size}, {.max_tokens = 1 << 20});
  if (!groups) {
    XROUTER_ASSERT(groups.error().kind == xrouter::ErrorKind::config && !groups.error().public_text.empty(), "a refusal has words");
    return 0;
  }
  for (const Group& group : *groups)
    for (const Rollout& rollout : group.rollouts) check_trajectory(rollout.trajectory);
  const std::string again = encode_groups(*groups);
  const auto read = decode_groups(again);
  XROUTER_ASSERT(read && encode_groups(*read) == again, "what was written is read");
  return 0;
}
