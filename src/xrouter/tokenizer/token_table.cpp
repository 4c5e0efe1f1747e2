#include "xrouter/tokenizer/token_table.hpp"

#include <bit>
#include <cstring>

#include "xrouter/base/assert.hpp"

namespace xrouter::tokenizer {
namespace {

constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;

std::uint64_t mixed(std::uint64_t x) {
  x *= kOdd;
  return x ^ x >> 32;
}

// Words are short; an attacker who makes them collide slows down nobody but the load of his own file.
std::uint64_t hash_of(std::string_view bytes) {
  std::uint64_t hash = mixed(bytes.size() + 1);
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, bytes.data() + at, 8);
    hash = mixed(hash ^ eight);
  }
  std::uint64_t tail = 0;
  if (at < bytes.size()) std::memcpy(&tail, bytes.data() + at, bytes.size() - at);
  return mixed(mixed(hash ^ tail));
}

}  // namespace

void TokenTable::append(TokenId id, std::string_view bytes) {
  XROUTER_ASSERT(id >= 0 && static_cast<std::size_t>(id) >= size(), "ids come in ascending order");
  ends_.resize(static_cast<std::size_t>(id) + 1, static_cast<std::uint32_t>(block_.size()));
  block_ += bytes;
  XROUTER_ASSERT(block_.size() <= UINT32_MAX, "the loader limits the bytes of all tokens");
  ends_.push_back(static_cast<std::uint32_t>(block_.size()));
}

TokenIndex::TokenIndex(std::size_t capacity) : slots_(std::bit_ceil(capacity * 2 + 2)), mask_(slots_.size() - 1) {}

bool TokenIndex::insert(TokenId id, const TokenTable& table) {
  const std::string_view bytes = table.bytes_of(id);
  const std::uint64_t hash = hash_of(bytes);
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  std::size_t at = hash & mask_;
  for (; slots_[at].id >= 0; at = (at + 1) & mask_)
    if (slots_[at].tag == tag && table.bytes_of(slots_[at].id) == bytes) return false;
  slots_[at] = {tag, id};
  return true;
}

TokenId TokenIndex::find(std::string_view bytes, const TokenTable& table) const {
  const std::uint64_t hash = hash_of(bytes);
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  for (std::size_t at = hash & mask_; slots_[at].id >= 0; at = (at + 1) & mask_)
    if (slots_[at].tag == tag && table.bytes_of(slots_[at].id) == bytes) return slots_[at].id;
  return -1;
}

}  // namespace xrouter::tokenizer
