// The bytes of every token, and the way back from bytes to ids.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/tokenizer/tokenizer.hpp"

namespace xrouter::tokenizer {

/// Bytes by id, in one block. Ids that no token has are holes.
class TokenTable {
 public:
  /// Ids in ascending order; holes are made for those left out.
  void append(TokenId id, std::string_view bytes);
  std::string_view bytes_of(TokenId id) const {
    const auto index = static_cast<std::size_t>(static_cast<std::uint32_t>(id));
    if (index >= size()) return {};
    return std::string_view(block_).substr(ends_[index], ends_[index + 1] - ends_[index]);
  }
  std::size_t size() const { return ends_.size() - 1; }

 private:
  std::string block_;
  std::vector<std::uint32_t> ends_{0};
};

/// Hash table from bytes to ids; the bytes are the token table's.
class TokenIndex {
 public:
  explicit TokenIndex(std::size_t capacity);
  /// The first of equal texts stays. False: it was there. At most `capacity` insertions.
  bool insert(TokenId id, const TokenTable& table);
  /// -1 when there is none.
  TokenId find(std::string_view bytes, const TokenTable& table) const;

 private:
  struct Slot {
    std::uint32_t tag = 0;
    TokenId id = -1;
  };
  std::vector<Slot> slots_;
  std::size_t mask_;
};

}  // namespace xrouter::tokenizer
