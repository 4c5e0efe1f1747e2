#include "xrouter/tokenizer/byte_alphabet.hpp"

#include <array>

#include "xrouter/tokenizer/utf8.hpp"

namespace xrouter::tokenizer {
namespace {

constexpr char32_t kFirstShifted = 0x100;  // bytes that are not visible in Latin-1 follow from here, in order
constexpr std::size_t kAlphabetEnd = 0x100 + 68;

constexpr bool is_visible(unsigned byte) { return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE; }

constexpr std::array<short, kAlphabetEnd> make_byte_of() {
  std::array<short, kAlphabetEnd> byte_of{};
  for (short& byte : byte_of) byte = -1;
  std::size_t next = kFirstShifted;
  for (unsigned byte = 0; byte < 256; ++byte) byte_of[is_visible(byte) ? byte : next++] = static_cast<short>(byte);
  return byte_of;
}

constexpr auto kByteOf = make_byte_of();

}  // namespace

std::optional<std::string> bytes_of_alphabet(std::string_view token_text) {
  std::string bytes;
  for (std::size_t at = 0; at < token_text.size();) {
    const Utf8Char next = utf8_at(token_text, at);
    if (!next.valid || next.code >= kByteOf.size() || kByteOf[next.code] < 0) return std::nullopt;
    bytes += static_cast<char>(static_cast<unsigned char>(kByteOf[next.code]));
    at += next.bytes;
  }
  return bytes;
}

}  // namespace xrouter::tokenizer
