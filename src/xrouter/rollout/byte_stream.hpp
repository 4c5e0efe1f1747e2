// Numbers and texts to bytes and back; what is read is checked, and the first problem stays.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace xrouter::rollout {

class ByteWriter {
 public:
  /// Seven bits a byte, the lowest first.
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<char>(value | 0x80));
    bytes_.push_back(static_cast<char>(value));
  }
  /// Small amounts of either sign stay small.
  void signed_number(std::int64_t value) { number((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63)); }
  void flag(bool value) { bytes_.push_back(value ? 1 : 0); }
  void real(double value) { fixed(std::bit_cast<std::uint64_t>(value), 8); }
  void real(float value) { fixed(std::bit_cast<std::uint32_t>(value), 4); }
  void text(std::string_view value) {
    number(value.size());
    bytes_.append(value);
  }
  void raw(std::string_view value) { bytes_.append(value); }
  std::string take() { return std::move(bytes_); }

 private:
  void fixed(std::uint64_t bits, int size) {
    for (int i = 0; i < size; ++i) bytes_.push_back(static_cast<char>(bits >> (8 * i)));
  }
  std::string bytes_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return problem_.empty(); }
  const std::string& problem() const { return problem_; }
  std::size_t left() const { return rest_.size(); }
  void fail(std::string_view problem) {
    if (ok()) problem_ = problem;
    rest_ = {};
  }

  /// 0 behind a problem.
  std::uint64_t number(std::uint64_t max, std::string_view what) {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) return fail("it ends within " + std::string(what)), 0;
      const auto byte = static_cast<std::uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      if (shift == 63 && byte > 1) break;
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) return value <= max ? value : (fail(std::string(what) + " is out of range"), 0);
    }
    return fail(std::string(what) + " is no number"), 0;
  }
  std::int64_t signed_number(std::string_view what) {
    const std::uint64_t value = number(UINT64_MAX, what);
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }
  bool flag(std::string_view what) { return number(1, what) == 1; }
  double real(std::string_view what) { return std::bit_cast<double>(fixed(8, what)); }
  float real32(std::string_view what) { return std::bit_cast<float>(static_cast<std::uint32_t>(fixed(4, what))); }
  std::string text(std::size_t max, std::string_view what) {
    const auto size = static_cast<std::size_t>(number(max, what));
    if (size > rest_.size()) return fail("it ends within " + std::string(what)), std::string();
    std::string out(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return out;
  }
  /// How many of something that takes at least a byte each: never more than there are bytes left.
  std::size_t count(std::size_t max, std::string_view what) {
    const auto value = static_cast<std::size_t>(number(max, what));
    if (value > rest_.size()) return fail("it ends within " + std::string(what)), 0;
    return value;
  }

 private:
  std::uint64_t fixed(std::size_t size, std::string_view what) {
    if (rest_.size() < size) return fail("it ends within " + std::string(what)), 0;
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < size; ++i) bits |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(rest_[i])) << (8 * i);
    rest_.remove_prefix(size);
    return bits;
  }

  std::string_view rest_;
  std::string problem_;
};

}  // namespace xrouter::rollout
