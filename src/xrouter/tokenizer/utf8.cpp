#include "xrouter/tokenizer/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace xrouter::tokenizer {
namespace {

struct Lead {
  std::size_t length = 0;                 // 0: no character begins like this
  unsigned char low = 0x80, high = 0xBF;  // what the second byte may be
};

Lead lead_of(unsigned char byte) {
  if (byte >= 0xC2 && byte <= 0xDF) return {2};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};  // above: surrogates
  if (byte >= 0xE1 && byte <= 0xEF) return {3};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte == 0xF4) return {4, 0x80, 0x8F};  // above: beyond U+10FFFF
  if (byte >= 0xF1 && byte <= 0xF3) return {4};
  return {0};
}

}  // namespace

Utf8Char utf8_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  if (byte(0) < 0x80) return {byte(0), 1, true};
  const Lead lead = lead_of(byte(0));
  if (lead.length == 0) return {.bytes = 1};
  const std::size_t there = text.size() - at;
  for (std::size_t i = 1; i < lead.length; ++i) {
    if (i == there) return {.bytes = i, .incomplete = true};
    const unsigned char low = i == 1 ? lead.low : 0x80, high = i == 1 ? lead.high : 0xBF;
    if (byte(i) < low || byte(i) > high) return {.bytes = i};
  }
  return valid_utf8_at(text, at);
}

void append_utf8(char32_t code, std::string& out) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xE0 | code >> 12);
    } else {
      put(0xF0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3F));
    }
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

std::size_t ascii_prefix(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + at, 8);
    if (eight & kHighBits) break;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at;
}

std::size_t valid_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      at += ascii_prefix(text.substr(at));
      continue;
    }
    const Utf8Char next = utf8_at(text, at);
    if (!next.valid) return at;
    at += next.bytes;
  }
  return at;
}

std::size_t append_valid(std::string_view text, bool hold_incomplete, std::string& out) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t good = valid_prefix(text.substr(at));
    out.append(text, at, good);
    at += good;
    if (at == text.size()) break;
    const Utf8Char bad = utf8_at(text, at);
    if (bad.incomplete && hold_incomplete) break;
    out += kReplacement;
    at += bad.bytes;
  }
  return at;
}

}  // namespace xrouter::tokenizer
