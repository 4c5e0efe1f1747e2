// A split pattern of a tokenizer.json: Oniguruma's (Ruby's) syntax, matched by PCRE2 within bounds.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"

namespace xrouter::tokenizer {

/// A stretch of a text, in bytes.
struct Range {
  std::size_t begin = 0, end = 0;
  std::size_t size() const { return end - begin; }
  bool empty() const { return begin == end; }
  std::string_view of(std::string_view text) const { return text.substr(begin, end - begin); }
  bool operator==(const Range&) const = default;
};

/// Immutable and thread-safe.
class Pattern {
 public:
  /// Error config: not a pattern, a construct that the two dialects read differently, or a pattern that
  /// backtracks without end on simple texts.
  static Result<Pattern> compile(std::string_view oniguruma);
  /// Matches the text itself.
  static Result<Pattern> literal(std::string_view text);

  /// What one thread needs to match; of use with any pattern.
  class Scratch;

  /// Appends every match in `text`, which is valid UTF-8, from left to right. Empty matches count as Oniguruma's
  /// find_iter counts them. A search that becomes too much work ends there: what follows is unmatched.
  /// False: that happened.
  bool find_all(std::string_view text, Scratch& scratch, std::vector<Range>& out) const;

 private:
  struct Compiled;
  explicit Pattern(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
  static Result<Pattern> compile_pcre2(std::string_view pattern);
  std::shared_ptr<const Compiled> compiled_;
};

class Pattern::Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

 private:
  friend class Pattern;
  struct Handles;
  std::unique_ptr<Handles> handles_;
};

}  // namespace xrouter::tokenizer
