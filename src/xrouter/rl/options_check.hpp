// One way to refuse an option.
#pragma once

#include <cmath>
#include <initializer_list>
#include <string>

#include "xrouter/base/result.hpp"

namespace xrouter::rl {

struct Rule {
  bool kept;
  const char* said;  ///< "reward.penalty_cap: must be below reward.success"
};

inline Result<void> all_kept(std::initializer_list<Rule> rules) {
  for (const Rule& rule : rules) {
    if (!rule.kept) return fail(ErrorKind::config, rule.said);
  }
  return {};
}

/// Finite and at least 0.
inline bool is_amount(double value) { return std::isfinite(value) && value >= 0; }
inline bool is_share(double value) { return value >= 0 && value <= 1; }

}  // namespace xrouter::rl
