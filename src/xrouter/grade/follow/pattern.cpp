#include "xrouter/grade/follow/pattern.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>

namespace xrouter::grade::follow {
namespace {

// The library counts its steps anew at each place where a match may start, so the whole is divided among them.
constexpr std::size_t kTotalSteps = 50'000'000;
constexpr std::uint32_t kHeapKibibytes = 4096;

using Match = std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)>;
using Context = std::unique_ptr<pcre2_match_context, decltype(&pcre2_match_context_free)>;

std::string message_of(int code) {
  std::array<PCRE2_UCHAR, 256> text{};
  pcre2_get_error_message(code, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

Context limited_context(std::size_t text_bytes) {
  Context context(pcre2_match_context_create(nullptr), pcre2_match_context_free);
  const auto steps = static_cast<std::uint32_t>(std::clamp<std::size_t>(kTotalSteps / (text_bytes + 1), 100, 100'000));
  pcre2_set_match_limit(context.get(), steps);
  pcre2_set_depth_limit(context.get(), steps);
  pcre2_set_heap_limit(context.get(), kHeapKibibytes);
  return context;
}

std::size_t next_character(std::string_view text, std::size_t at) {
  ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
  return at;
}

}  // namespace

Result<Pattern> Pattern::make(std::string_view expression, const PatternOptions& options) {
  if (expression.size() > kMaxPatternBytes) return fail(ErrorKind::config, "a regular expression is longer than 4096 bytes");
  const std::uint32_t flags = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | (options.case_blind ? PCRE2_CASELESS : 0U) |
                              (options.multiline ? PCRE2_MULTILINE : 0U);
  int error = 0;
  PCRE2_SIZE where = 0;
  pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(expression.data()), expression.size(), flags, &error, &where, nullptr);
  if (code == nullptr) {
    return fail(ErrorKind::config, "not a regular expression at byte " + std::to_string(where) + ": " + message_of(error));
  }
  Pattern pattern;
  pattern.code_ =
      std::shared_ptr<const void>(code, [](const void* held) { pcre2_code_free(static_cast<pcre2_code*>(const_cast<void*>(held))); });
  return pattern;
}

std::optional<std::size_t> Pattern::count(std::string_view text, std::size_t stop_at) const {
  if (text.size() > kMaxTextBytes) return std::nullopt;
  const auto* code = static_cast<const pcre2_code*>(code_.get());
  const Match match(pcre2_match_data_create_from_pattern(code, nullptr), pcre2_match_data_free);
  const Context context = limited_context(text.size());
  std::size_t found = 0;
  for (std::size_t at = 0; at <= text.size() && found < stop_at;) {
    const std::uint32_t flags = PCRE2_NO_UTF_CHECK;
    const int rc = pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), at, flags, match.get(), context.get());
    if (rc == PCRE2_ERROR_NOMATCH) break;
    if (rc < 0) return std::nullopt;
    ++found;
    const PCRE2_SIZE* span = pcre2_get_ovector_pointer(match.get());
    at = span[1] > span[0] ? span[1] : next_character(text, span[1]);
  }
  return found;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!plain) out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

}  // namespace xrouter::grade::follow
