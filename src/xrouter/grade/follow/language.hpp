// Which language a text is written in: langdetect's method and models, with its seed fixed to 0.
#pragma once

#include <optional>
#include <string_view>

#include "xrouter/grade/follow/text.hpp"

namespace xrouter::grade::follow {

struct DetectedLanguage {
  std::string_view code;  ///< ISO 639-1, "zh-cn", "zh-tw"; "unknown" when no language reaches a tenth
  double share = 0;       ///< of the probability
};

/// nullopt: nothing in the text tells languages apart (only digits, signs or capitals, or nothing at all).
/// The first 10,000 characters decide. Deterministic; thread-safe.
std::optional<DetectedLanguage> detect_language(TextView text);

}  // namespace xrouter::grade::follow
