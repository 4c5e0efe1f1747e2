// A regular expression of a JSON Schema, matched within bounds.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

namespace xrouter::service {

/// ECMA-262 syntax as far as PCRE2 has it: `$` is the very end, \d and \w are ASCII, \u1234 is known.
class TextPattern {
 public:
  /// Empty when it is not a valid pattern, or longer than 4 KiB.
  static std::optional<TextPattern> compile(std::string_view pattern);

  /// Whether it matches anywhere in the text; empty when that cannot be said: the search was too much
  /// work, or \s meets other characters than ASCII, where the two dialects differ.
  std::optional<bool> found_in(std::string_view text) const;

 private:
  struct Compiled;
  TextPattern(std::shared_ptr<const Compiled> compiled, bool ascii_only) : compiled_(std::move(compiled)), ascii_only_(ascii_only) {}
  std::shared_ptr<const Compiled> compiled_;
  bool ascii_only_;
};

}  // namespace xrouter::service
