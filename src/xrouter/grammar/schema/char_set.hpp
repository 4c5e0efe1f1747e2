// Sets of Unicode characters as ranges.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace xrouter::grammar {

/// Sorted ranges that do not touch. Surrogates are no characters and never in it.
class CharSet {
 public:
  using Range = std::pair<std::uint32_t, std::uint32_t>;  // both ends belong to it

  static CharSet all();
  static CharSet of(std::uint32_t first, std::uint32_t last);

  void add(std::uint32_t first, std::uint32_t last);
  void add(const CharSet& other);
  CharSet opposite() const;
  CharSet within(const CharSet& other) const;
  bool has(std::uint32_t character) const;
  const std::vector<Range>& ranges() const { return ranges_; }

 private:
  std::vector<Range> ranges_;
};

}  // namespace xrouter::grammar
