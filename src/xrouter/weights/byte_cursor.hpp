// Reads little-endian numbers and counted texts from bytes, never past their end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace xrouter::weights {

class ByteCursor {
 public:
  explicit ByteCursor(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::size_t position() const { return position_; }
  std::size_t left() const { return bytes_.size() - position_; }

  template <class Number>
  std::optional<Number> number() {
    static_assert(std::is_arithmetic_v<Number>);
    if (left() < sizeof(Number)) return std::nullopt;
    Number value{};
    std::memcpy(&value, bytes_.data() + position_, sizeof(Number));
    position_ += sizeof(Number);
    return value;
  }

  std::optional<std::span<const std::byte>> take(std::uint64_t count) {
    if (count > left()) return std::nullopt;
    const auto out = bytes_.subspan(position_, static_cast<std::size_t>(count));
    position_ += static_cast<std::size_t>(count);
    return out;
  }

  /// A length of 8 bytes and as many bytes of text.
  std::optional<std::string_view> text() {
    const auto length = number<std::uint64_t>();
    const auto bytes = length ? take(*length) : std::nullopt;
    if (!bytes) return std::nullopt;
    return std::string_view(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  }

 private:
  std::span<const std::byte> bytes_;
  std::size_t position_ = 0;
};

}  // namespace xrouter::weights
