#define PCRE2_CODE_UNIT_WIDTH 8
#include "xrouter/tokenizer/pattern.hpp"

#include <pcre2.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <new>

#include "xrouter/tokenizer/pattern_dialect.hpp"
#include "xrouter/tokenizer/utf8.hpp"

namespace xrouter::tokenizer {
namespace {

constexpr std::size_t kMaxPattern = 32 * 1024;
// Backtracking steps of one match: some tens of milliseconds, and what patterns in use need to go back over a long run once.
constexpr std::uint64_t kMatchLimit = 2'000'000;
constexpr std::uint64_t kMatchLimitPerByte = 8;
constexpr std::uint32_t kProbeLimit = 20'000;
constexpr std::uint32_t kHeapLimitKib = 64 * 1024;
// MULTILINE because ^ and $ mean lines in Ruby.
constexpr std::uint32_t kOptions = PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C;

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* handle) const {
    Free(handle);
  }
};
using Code = std::unique_ptr<pcre2_code, Freed<pcre2_code_free>>;
using Limits = std::unique_ptr<pcre2_match_context, Freed<pcre2_match_context_free>>;
using Syntax = std::unique_ptr<pcre2_compile_context, Freed<pcre2_compile_context_free>>;

PCRE2_SPTR units(std::string_view text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }

std::string message_of(int error) {
  std::array<PCRE2_UCHAR, 160> text{};
  pcre2_get_error_message(error, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

enum class Found { yes, no, gave_up };

}  // namespace

struct Pattern::Scratch::Handles {
  std::unique_ptr<pcre2_match_data, Freed<pcre2_match_data_free>> match{pcre2_match_data_create(1, nullptr)};
  Limits limits{pcre2_match_context_create(nullptr)};
};

struct Pattern::Compiled {
  Code code;
  bool jit = false;

  Found find(std::string_view text, std::size_t from, Scratch& scratch) const {
    pcre2_match_data* match = scratch.handles_->match.get();
    pcre2_match_context* within = scratch.handles_->limits.get();
    int result = PCRE2_ERROR_JIT_STACKLIMIT;
    if (jit) result = pcre2_jit_match(code.get(), units(text), text.size(), from, 0, match, within);
    // Deep recursion is the interpreter's: it has a heap.
    if (result == PCRE2_ERROR_JIT_STACKLIMIT)
      result = pcre2_match(code.get(), units(text), text.size(), from, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, match, within);
    if (result >= 0) return Found::yes;
    return result == PCRE2_ERROR_NOMATCH ? Found::no : Found::gave_up;
  }

  bool find_all(std::string_view text, std::uint32_t most_steps, Scratch& scratch, std::vector<Range>& out) const {
    pcre2_set_match_limit(scratch.handles_->limits.get(), most_steps);
    std::size_t from = 0;
    std::size_t last_end = std::string_view::npos;
    while (from <= text.size()) {
      const Found found = find(text, from, scratch);
      if (found != Found::yes) return found == Found::no;
      const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(scratch.handles_->match.get());
      const Range range{bounds[0], bounds[1]};
      if (range.begin > range.end) return false;  // \K is not of the dialect; never trust an offset
      if (range.empty() && range.end == last_end) {
        // An empty match right behind another does not count; the search goes on at the next character.
        from += from < text.size() ? valid_utf8_at(text, from).bytes : 1;
        continue;
      }
      out.push_back(range);
      from = last_end = range.end;
    }
    return true;
  }

  // Patterns such as (a+)+b need exponential time: they show it on runs of one character in front of another.
  bool passes_probes() const {
    static constexpr std::array<std::string_view, 8> kCharacters = {"a", "A", "1", " ", "\n", "'", "\xC3\xA9", "\xE4\xB8\x80"};
    constexpr int kRun = 48;
    Scratch scratch;
    std::vector<Range> found;
    for (const std::string_view run : kCharacters) {
      std::string text;
      for (int i = 0; i < kRun; ++i) text += run;
      for (const std::string_view end : kCharacters) {
        found.clear();
        if (!find_all(text + std::string(end), kProbeLimit, scratch, found)) return false;
      }
    }
    return true;
  }
};

Pattern::Scratch::Scratch() : handles_(std::make_unique<Handles>()) {
  if (!handles_->match || !handles_->limits) throw std::bad_alloc();
  pcre2_set_heap_limit(handles_->limits.get(), kHeapLimitKib);
}
Pattern::Scratch::~Scratch() = default;

Result<Pattern> Pattern::compile(std::string_view oniguruma) {
  if (oniguruma.size() > kMaxPattern)
    return fail(ErrorKind::config, "The pattern has " + std::to_string(oniguruma.size()) + " bytes; at most " +
                                       std::to_string(kMaxPattern) + " are accepted.");
  auto translated = pcre2_of_oniguruma(oniguruma);
  if (!translated) return fail(std::move(translated.error()));
  return compile_pcre2(*translated);
}

Result<Pattern> Pattern::literal(std::string_view text) {
  if (text.size() > kMaxPattern) return fail(ErrorKind::config, "The pattern is longer than " + std::to_string(kMaxPattern) + " bytes.");
  return compile_pcre2(escaped_for_pcre2(text));
}

Result<Pattern> Pattern::compile_pcre2(std::string_view pattern) {
  const Syntax syntax(pcre2_compile_context_create(nullptr));
  if (!syntax) throw std::bad_alloc();
  pcre2_set_newline(syntax.get(), PCRE2_NEWLINE_LF);
  int error = 0;
  PCRE2_SIZE offset = 0;
  auto compiled = std::make_shared<Compiled>();
  compiled->code.reset(pcre2_compile(units(pattern), pattern.size(), kOptions, &error, &offset, syntax.get()));
  if (!compiled->code) return fail(ErrorKind::config, "Not a valid pattern: " + message_of(error) + ".");
  compiled->jit = pcre2_jit_compile(compiled->code.get(), PCRE2_JIT_COMPLETE) == 0;
  if (!compiled->passes_probes()) return fail(ErrorKind::config, "The pattern takes too many steps on a short text.");
  return Pattern(std::move(compiled));
}

bool Pattern::find_all(std::string_view text, Scratch& scratch, std::vector<Range>& out) const {
  const std::uint64_t most_steps = std::min<std::uint64_t>(kMatchLimit + kMatchLimitPerByte * text.size(), UINT32_MAX);
  return compiled_->find_all(text, static_cast<std::uint32_t>(most_steps), scratch, out);
}

}  // namespace xrouter::tokenizer
