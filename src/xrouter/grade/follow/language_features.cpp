#include "xrouter/grade/follow/language_features.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>

namespace xrouter::grade::follow {
namespace {

constexpr std::size_t kMaxCharacters = 10'000;
// More is never looked at: 10,000 characters that count are found far earlier in any real text.
constexpr std::size_t kMaxScanned = 1'000'000;

bool is_ascii_alnum(char32_t c) { return c < 0x80 && (is_alpha(c) || is_digit(c)); }
bool is_url_character(char32_t c) { return is_ascii_alnum(c) || TextView(U"-_.?&~;+=/#").find(c) != TextView::npos; }
bool is_host_character(char32_t c) { return is_ascii_alnum(c) || c == '-' || c == '_'; }
bool is_mail_character(char32_t c) { return is_host_character(c) || c == '.'; }

std::size_t run_length(TextView text, std::size_t at, std::size_t limit, bool (*belongs)(char32_t)) {
  std::size_t length = 0;
  while (length < limit && at + length < text.size() && belongs(text[at + length])) ++length;
  return length;
}

// Length of an address of a page at `at`; 0 when there is none.
std::size_t url_length(TextView text, std::size_t at) {
  const TextView rest = text.substr(at);
  const std::size_t scheme = rest.starts_with(U"https://") ? 8 : rest.starts_with(U"http://") ? 7 : 0;
  if (scheme == 0) return 0;
  const std::size_t tail = run_length(text, at + scheme, 2076, is_url_character);
  return tail == 0 ? 0 : scheme + tail;
}

// Length of what follows the @ of a mail address: up to 255 characters of a host, then up to 255 with dots.
std::size_t host_length(TextView text, std::size_t at) {
  const std::size_t host = run_length(text, at, 255, is_host_character);
  const std::size_t tail = run_length(text, at + host, 255, is_mail_character);
  if (host == 0) return 0;
  if (tail > 0) return host + tail;
  return host >= 2 ? host : 0;
}

Text without_urls(TextView text) {
  Text out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = text[at] == 'h' ? url_length(text, at) : 0;
    out.push_back(length == 0 ? text[at] : U' ');
    at += std::max<std::size_t>(length, 1);
  }
  return out;
}

Text without_mails(TextView text) {
  Text out;
  std::size_t local = 0;  // characters at the end of `out` that may begin an address
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t host = text[at] == '@' && local > 0 ? host_length(text, at + 1) : 0;
    if (host > 0) {
      out.resize(out.size() - std::min<std::size_t>(local, 64));
      out.push_back(U' ');
      local = 0;
      at += 1 + host;
      continue;
    }
    local = is_mail_character(text[at]) ? local + 1 : 0;
    out.push_back(text[at++]);
  }
  return out;
}

bool is_vietnamese_base(char32_t c) {
  return TextView(U"AEIOUYaeiouy\u00c2\u00ca\u00d4\u00e2\u00ea\u00f4\u0102\u0103\u01a0\u01a1\u01af\u01b0").find(c) != TextView::npos;
}

bool is_vietnamese_mark(char32_t c) { return TextView(U"\u0300\u0301\u0303\u0309\u0323").find(c) != TextView::npos; }

char32_t joined(char32_t base, char32_t mark) {
  const std::string pair = encode(Text{base, mark});
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE);
  std::array<utf8proc_int32_t, 8> parts{};
  const auto count = utf8proc_decompose(reinterpret_cast<const utf8proc_uint8_t*>(pair.data()), static_cast<utf8proc_ssize_t>(pair.size()),
                                        parts.data(), parts.size(), options);
  utf8proc_normalize_utf32(parts.data(), count, options);
  return static_cast<char32_t>(parts[0]);
}

Text with_joined_accents(TextView text) {
  Text out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool pair = at + 1 < text.size() && is_vietnamese_mark(text[at + 1]) && is_vietnamese_base(text[at]);
    out.push_back(pair ? joined(text[at], text[at + 1]) : text[at]);
    if (pair) ++at;
  }
  return out;
}

bool is_plain_latin(char32_t c) { return c >= 'A' && c <= 'z'; }

Text without_minor_latin(Text text) {
  const auto latin = std::ranges::count_if(text, is_plain_latin);
  const auto other = std::ranges::count_if(text, [](char32_t c) { return c >= 0x300 && !(c >= 0x1E00 && c <= 0x1EFF); });
  if (latin * 2 < other) std::erase_if(text, is_plain_latin);
  return text;
}

char32_t normal_form(char32_t c, const LanguageModel& model) {
  if (c < 0x80) return is_alpha(c) ? c : U' ';
  if (c <= 0xFF) return c == 0xA0 || c == 0xAB || c == 0xB0 || c == 0xBB ? U' ' : c;
  if (c == 0x219) return 0x15F;  // Romanian: comma below becomes cedilla
  if (c == 0x21B) return 0x163;
  if (c >= 0x2000 && c <= 0x206F) return U' ';
  if (c == 0x6CC) return 0x64A;  // the Persian yeh
  if (c >= 0x1EA0 && c <= 0x1EFF) return 0x1EC3;
  if (c >= 0x3040 && c <= 0x309F) return 0x3042;
  if (c >= 0x30A0 && c <= 0x30FF) return 0x30A2;
  if ((c >= 0x3100 && c <= 0x312F) || (c >= 0x31A0 && c <= 0x31BF)) return 0x3105;
  if (c >= 0x4E00 && c <= 0x9FFF) return model.representative(c);
  if (c >= 0xAC00 && c <= 0xD7AF) return 0xAC00;
  return c;
}

/// The last three characters of the word being read, a space before its first.
class RunWindow {
 public:
  void add(char32_t c) {
    const char32_t last = run_.back();
    if (last == ' ') {
      run_ = U" ";
      in_capitals_ = false;
      if (c == ' ') return;
    } else if (run_.size() == 3) {
      run_.erase(0, 1);
    }
    run_.push_back(c);
    in_capitals_ = is_upper(c) && (in_capitals_ || is_upper(last));
  }

  bool in_capitals() const { return in_capitals_; }
  TextView run() const { return run_; }

 private:
  Text run_ = U" ";
  bool in_capitals_ = false;
};

}  // namespace

Text cleaned_for_detection(TextView text) {
  const Text plain = with_joined_accents(without_mails(without_urls(text.substr(0, kMaxScanned))));
  Text out;
  char32_t before = 0;
  for (const char32_t c : TextView(plain).substr(0, kMaxCharacters)) {
    if (c != ' ' || before != ' ') out.push_back(c);
    before = c;
  }
  return without_minor_latin(std::move(out));
}

std::vector<std::uint32_t> known_runs(TextView cleaned, const LanguageModel& model) {
  std::vector<std::uint32_t> out;
  RunWindow window;
  for (const char32_t c : cleaned) {
    window.add(normal_form(c, model));
    if (window.in_capitals()) continue;
    const TextView run = window.run();
    for (std::size_t length = 1; length <= run.size(); ++length) {
      const TextView tail = run.substr(run.size() - length);
      if (tail == U" ") continue;
      if (const auto place = model.find(tail)) out.push_back(*place);
    }
  }
  return out;
}

}  // namespace xrouter::grade::follow
