// Regular expressions that come with data: bounded, so that no pattern and no reply can hold a grader up.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "xrouter/base/result.hpp"

namespace xrouter::grade::follow {

struct PatternOptions {
  bool case_blind = false;
  bool multiline = false;  ///< ^ and $ at line ends too
};

/// A compiled expression over UTF-8 with Unicode classes. Immutable; thread-safe.
class Pattern {
 public:
  static constexpr std::size_t kMaxPatternBytes = 4096;
  static constexpr std::size_t kMaxTextBytes = 1 << 20;

  /// Errors: ErrorKind::config with the place of the mistake, or when it is too long.
  static Result<Pattern> make(std::string_view expression, const PatternOptions& options);

  /// Matches that do not overlap, at most `stop_at`. nullopt: given up at the step limit, or the text is longer
  /// than kMaxTextBytes. Precondition: text is valid UTF-8.
  std::optional<std::size_t> count(std::string_view text, std::size_t stop_at) const;

 private:
  std::shared_ptr<const void> code_;
};

/// An expression that matches exactly this text. Valid UTF-8 in, valid UTF-8 out.
std::string escaped(std::string_view text);

}  // namespace xrouter::grade::follow
