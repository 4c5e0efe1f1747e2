#include "xrouter/tokenizer/normalizer.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <span>
#include <vector>

#include "xrouter/base/assert.hpp"
#include "xrouter/tokenizer/unicode_version.hpp"
#include "xrouter/tokenizer/utf8.hpp"

namespace xrouter::tokenizer {
namespace {

using Code = utf8proc_int32_t;

constexpr auto kDecompose = static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_STABLE);
constexpr auto kCompose = static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE);
constexpr Code kApart = 0x10FFFF;           // in the place of characters that are not to be touched; it has no properties
constexpr char32_t kFirstUnstable = 0x300;  // all below are composed and start a sequence of their own

// Characters of scripts in which nothing decomposes or composes: the bulk of what is not Latin.
bool is_surely_stable(char32_t code) {
  return code < kFirstUnstable || (code >= 0x3400 && code <= 0xA66E) || (code >= 0xAC00 && code <= 0xD7A3) ||
         (code >= 0x2010 && code <= 0x20CF) || (code >= 0x3030 && code <= 0x3098) || (code >= 0x309B && code <= 0x33FF) ||
         (code >= 0x1F000 && code <= 0x1FAFF);
}

bool may_change(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      at += ascii_prefix(text.substr(at));
      continue;
    }
    const Utf8Char next = valid_utf8_at(text, at);
    if (!is_surely_stable(next.code)) return true;
    at += next.bytes;
  }
  return false;
}

int combining_class(Code code) { return utf8proc_get_property(code)->combining_class; }

void append_decomposed(char32_t code, std::vector<Code>& out) {
  constexpr int kMost = 8;  // no canonical decomposition is longer than 4
  Code parts[kMost];
  int boundary = 0;
  const auto written = utf8proc_decompose_char(static_cast<Code>(code), parts, kMost, kDecompose, &boundary);
  XROUTER_ASSERT(written >= 0 && written <= kMost, "a character decomposes into few");
  out.insert(out.end(), parts, parts + written);
}

// utf8proc orders marks by exchanging neighbours, which takes square time on a long run of them.
void order_marks(std::vector<Code>& codes) {
  for (std::size_t at = 0; at < codes.size();) {
    std::size_t end = at;
    while (end < codes.size() && combining_class(codes[end]) != 0) ++end;
    if (end - at > 1) std::ranges::stable_sort(std::span(codes).subspan(at, end - at), {}, combining_class);
    at = end + 1;
  }
}

}  // namespace

std::optional<std::string> nfc(std::string_view text) {
  if (!may_change(text)) return std::nullopt;
  std::vector<Code> codes;
  std::vector<char32_t> apart;  // in order, what kApart stands for
  codes.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char next = valid_utf8_at(text, at);
    at += next.bytes;
    if (next.code == static_cast<char32_t>(kApart) || is_unknown_to_nfc(next.code)) {
      codes.push_back(kApart);
      apart.push_back(next.code);
    } else {
      append_decomposed(next.code, codes);
    }
  }
  order_marks(codes);
  const auto length = utf8proc_normalize_utf32(codes.data(), static_cast<utf8proc_ssize_t>(codes.size()), kCompose);
  XROUTER_ASSERT(length >= 0, "composing cannot fail");
  std::string composed;
  composed.reserve(text.size());
  auto next_apart = apart.begin();
  for (utf8proc_ssize_t i = 0; i < length; ++i) {
    const Code code = codes[static_cast<std::size_t>(i)];
    append_utf8(code == kApart ? *next_apart++ : static_cast<char32_t>(code), composed);
  }
  return composed;
}

}  // namespace xrouter::tokenizer
