// Groups as bytes: for other ranks, for checkpoints of the group buffer, for rollouts that are kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/rollout/rollout.hpp"

namespace xrouter::rollout {

/// The most that decode_groups() takes, in all lists of one encoding together.
struct GroupBytesLimits {
  std::size_t max_bytes = std::size_t{1} << 30;
  std::size_t max_groups = 1'000'000;
  std::size_t max_rollouts = 4'000'000;
  std::size_t max_tokens = std::size_t{1} << 28;  ///< of all sequences, and again of what their choices were made among
};

/// Versioned, the same bytes on every machine; floats are kept bit for bit. Tokens that a rollout shares with the one in
/// front of it take no place.
std::string encode_groups(const std::vector<Group>& groups);
/// Errors: config with what is wrong: another version, cut short, bytes behind the end, a number out of its range, more
/// than the limits. What comes back keeps the promises of its types (choices ascend and lie within their sequence).
Result<std::vector<Group>> decode_groups(std::string_view bytes, const GroupBytesLimits& limits = {});

}  // namespace xrouter::rollout
