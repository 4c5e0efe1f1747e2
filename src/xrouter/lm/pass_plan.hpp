// Who reads how much in one pass.
#pragma once

#include <span>
#include <vector>

namespace xrouter::lm {

/// Shares `budget` tokens among sequences that want `demands`. The least demanding come first, so that replies go on
/// while prompts are read and a short prompt need not wait for a long one; but half of the budget is for the
/// `favoured` (an index, -1: none), so that nobody waits for ever. Some may get nothing.
std::vector<int> share_pass(std::span<const int> demands, int budget, int favoured);

}  // namespace xrouter::lm
