// Rewriting a text in passes, as chains of regular substitutions do, in linear time.
#pragma once

#include <algorithm>

#include "xrouter/grade/follow/text.hpp"

namespace xrouter::grade::follow {

/// At each place a pass either writes what stands for some characters and says how many, or leaves one character as
/// it is (0). Every pass works on what the pass before has written.
using Pass = std::size_t (*)(TextView text, std::size_t at, Text& out);

inline Text apply(Pass pass, TextView text) {
  Text out;
  out.reserve(text.size() + text.size() / 4);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t used = pass(text, at, out);
    if (used == 0) out.push_back(text[at]);
    at += std::max<std::size_t>(used, 1);
  }
  return out;
}

}  // namespace xrouter::grade::follow
