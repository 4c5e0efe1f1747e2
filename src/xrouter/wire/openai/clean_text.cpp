#include "xrouter/wire/openai/clean_text.hpp"

#include <algorithm>
#include <array>

namespace xrouter::wire::openai {
namespace {

constexpr std::string_view kMask = "***";
constexpr std::size_t kMinMixedSecret = 24;

// How vendors' keys begin.
constexpr std::array<std::string_view, 14> kPrefixes{"sk-", "sk_", "pk-", "rk-", "gsk_", "xai-", "hf_", "ghp_", "aiza", "akia", "asia", "eyj", "pplx-", "nvapi-"};
// A value behind such a word and a ':' or '=' is a secret. "provided": "Incorrect API key provided: ..."
constexpr std::array<std::string_view, 7> kLabels{"key", "token", "secret", "password", "authorization", "credential", "provided"};
// Behind these a space is enough.
constexpr std::array<std::string_view, 2> kSchemes{"bearer", "basic"};

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || std::string_view("_-.+/~*").find(c) != std::string_view::npos;
}

std::string lower(std::string_view text) {
  std::string copy(text);
  std::transform(copy.begin(), copy.end(), copy.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return copy;
}

bool has_any(std::string_view text, bool (*matches)(char)) { return std::any_of(text.begin(), text.end(), matches); }

bool looks_random(std::string_view word) {
  if (word.size() < kMinMixedSecret || word.find('/') != std::string_view::npos) return false;
  return has_any(word, [](char c) { return c >= '0' && c <= '9'; }) && has_any(word, [](char c) { return c >= 'a' && c <= 'z'; }) &&
         has_any(word, [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool has_secret_prefix(const std::string& lowered) {
  return std::any_of(kPrefixes.begin(), kPrefixes.end(), [&](std::string_view prefix) { return lowered.starts_with(prefix) && lowered.size() > prefix.size() + 2; });
}

// Does the text before a word announce a secret?
class Announcement {
 public:
  void word(const std::string& lowered) {
    const auto is_label = [&](std::string_view label) { return lowered.ends_with(label); };
    after_label_ = std::any_of(kLabels.begin(), kLabels.end(), is_label);
    after_scheme_ = std::find(kSchemes.begin(), kSchemes.end(), lowered) != kSchemes.end();
    assigned_ = false;
  }
  void separator(char c) {
    if (c == ':' || c == '=') assigned_ = true;
    const bool keeps = c == ':' || c == '=' || c == ' ' || c == '"' || c == '\'' || c == '\\';
    if (!keeps) after_label_ = after_scheme_ = false;
  }
  bool expects_secret() const { return after_scheme_ || (after_label_ && assigned_); }

 private:
  bool after_label_ = false;
  bool after_scheme_ = false;
  bool assigned_ = false;
};

std::string mask_secrets(std::string_view text) {
  std::string masked;
  Announcement announcement;
  while (!text.empty()) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_word);
    const auto size = static_cast<std::size_t>(end - text.begin());
    if (size == 0) {
      announcement.separator(text.front());
      masked += text.front();
      text.remove_prefix(1);
      continue;
    }
    const std::string_view word = text.substr(0, size);
    const std::string lowered = lower(word);
    const bool scheme = std::find(kSchemes.begin(), kSchemes.end(), lowered) != kSchemes.end();
    const bool secret = !scheme && (announcement.expects_secret() || has_secret_prefix(lowered) || looks_random(word));
    masked += secret ? kMask : word;
    announcement.word(lowered);
    text.remove_prefix(size);
  }
  return masked;
}

// The length of the valid UTF-8 character that starts the text, 0 when there is none.
std::size_t character_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t size = first < 0x80 ? 1 : first >= 0xC2 && first < 0xE0 ? 2 : first >= 0xE0 && first < 0xF0 ? 3 : first >= 0xF0 && first < 0xF5 ? 4 : 0;
  if (size == 0 || size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool surrogate_or_beyond = (first == 0xED && byte(1) >= 0xA0) || (first == 0xF4 && byte(1) >= 0x90);
  return overlong || surrogate_or_beyond ? 0 : size;
}

// C1 controls (U+0080 to U+009F) steer terminals like the C0 ones.
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  return first < 0x20 || first == 0x7F || (first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0);
}

std::string printable(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(size, 1));
    if (size == 0)
      clean += '?';
    else if (is_control(character))
      clean += ' ';
    else
      clean += character;
    text.remove_prefix(character.size());
  }
  return clean;
}

}  // namespace

std::string clean_for_log(std::string_view text) { return mask_secrets(printable(text.substr(0, kMaxLoggedBytes))); }

}  // namespace xrouter::wire::openai
