// Whether an answer means the same as a key.
#pragma once

#include <string>
#include <string_view>

#include "xrouter/grade/dialect.hpp"
#include "xrouter/grade/math/closed_form.hpp"

namespace xrouter::grade::math {

struct Decision {
  Verdict verdict = Verdict::different;
  bool parsed = true;       ///< the answer is in the grammar, and not mere words where the key is mathematics
  bool key_parsed = true;   ///< the key is
  std::string reason = {};  ///< one line
};

/// Both texts are answers without prose. Pure, thread-safe, bounded by limits.hpp; nothing in either
/// text is evaluated but arithmetic. `answer` may be any bytes.
Decision decide(std::string_view key, std::string_view answer, const Dialect& dialect);

}  // namespace xrouter::grade::math
