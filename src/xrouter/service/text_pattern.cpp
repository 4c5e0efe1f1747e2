#define PCRE2_CODE_UNIT_WIDTH 8
#include "xrouter/service/text_pattern.hpp"

#include <pcre2.h>

#include <algorithm>
#include <memory>

namespace xrouter::service {
namespace {

constexpr std::size_t kMaxPattern = 4096;
constexpr std::uint32_t kMatchLimit = 10'000;  // backtracking steps, far below a millisecond
constexpr std::uint32_t kHeapLimitKib = 1024;
constexpr std::uint32_t kOptions = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_BSUX | PCRE2_ALLOW_EMPTY_CLASS | PCRE2_MATCH_UNSET_BACKREF |
                                   PCRE2_NEVER_BACKSLASH_C;

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* handle) const {
    Free(handle);
  }
};
using Code = std::unique_ptr<pcre2_code, Freed<pcre2_code_free>>;
using Limits = std::unique_ptr<pcre2_match_context, Freed<pcre2_match_context_free>>;
using Match = std::unique_ptr<pcre2_match_data, Freed<pcre2_match_data_free>>;

PCRE2_SPTR units(std::string_view text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

struct TextPattern::Compiled {
  Code code;
  Limits limits;
};

std::optional<TextPattern> TextPattern::compile(std::string_view pattern) {
  // "(*" begins an option of PCRE2 and nothing in ECMA-262.
  if (pattern.size() > kMaxPattern || pattern.starts_with("(*")) return std::nullopt;
  int error = 0;
  PCRE2_SIZE offset = 0;
  auto compiled = std::make_shared<Compiled>();
  compiled->code.reset(pcre2_compile(units(pattern), pattern.size(), kOptions, &error, &offset, nullptr));
  compiled->limits.reset(pcre2_match_context_create(nullptr));
  if (!compiled->code || !compiled->limits) return std::nullopt;
  pcre2_set_match_limit(compiled->limits.get(), kMatchLimit);
  pcre2_set_heap_limit(compiled->limits.get(), kHeapLimitKib);
  const bool spaces = pattern.find("\\s") != std::string_view::npos || pattern.find("\\S") != std::string_view::npos;
  return TextPattern(std::move(compiled), spaces);
}

std::optional<bool> TextPattern::found_in(std::string_view text) const {
  if (ascii_only_ && !is_ascii(text)) return std::nullopt;
  const Match match(pcre2_match_data_create(1, nullptr));
  if (!match) return std::nullopt;
  const int found = pcre2_match(compiled_->code.get(), units(text), text.size(), 0, 0, match.get(), compiled_->limits.get());
  if (found >= 0) return true;
  return found == PCRE2_ERROR_NOMATCH ? std::optional(false) : std::nullopt;
}

}  // namespace xrouter::service
