// How alike two texts are, and which of several is most alike: Python's difflib, its "autojunk" rule included.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "xrouter/grade/follow/text.hpp"

namespace xrouter::grade::live {

/// Counts down; at zero the work is given up.
struct Steps {
  std::uint64_t left = 50'000'000;
};

/// SequenceMatcher(None, a, b).ratio(): twice the matching characters over all characters; 1 for two empty texts.
/// Not symmetric. nullopt: out of steps.
std::optional<double> similarity(follow::TextView a, follow::TextView b, Steps& steps);

/// The index of what get_close_matches(word, choices, 1, 0.0) answers: the most alike, of equals the greatest by
/// code points, and of the same texts the first. nullopt: out of steps. Precondition: choices are not empty.
std::optional<std::size_t> closest(follow::TextView word, std::span<const follow::TextView> choices, Steps& steps);

}  // namespace xrouter::grade::live
