#include "xrouter/base/json_text.hpp"

namespace xrouter {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Walks valid text; on anything else it stops at the end instead of leaving the text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) { skip_space(); }

  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    skip_space();
    return true;
  }

  std::string_view take_value() {
    const std::size_t start = at_;
    int depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        skip_string();
        if (depth == 0) break;
        continue;
      }
      const bool closes = c == '}' || c == ']';
      if (depth == 0 && (closes || c == ',' || c == ':' || is_space(c))) break;
      if (c == '{' || c == '[') ++depth;
      ++at_;
      if (closes && --depth == 0) break;
    }
    const std::string_view value = text_.substr(start, at_ - start);
    skip_space();
    return value;
  }

 private:
  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  // Quote to quote, as fast as the library can look: a quote behind an odd number of backslashes is part of the text.
  void skip_string() {
    const std::size_t opening = at_;
    for (std::size_t quote = text_.find('"', opening + 1); quote != text_.npos; quote = text_.find('"', quote + 1)) {
      std::size_t backslashes = 0;
      while (text_[quote - 1 - backslashes] == '\\') ++backslashes;
      if (backslashes % 2 != 0) continue;
      at_ = quote + 1;
      return;
    }
    at_ = text_.size();
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<JsonMember> json_members(std::string_view text) {
  std::vector<JsonMember> members;
  Cursor cursor(text);
  if (!cursor.take('{')) return members;
  while (true) {
    const std::string_view name = cursor.take_value();
    if (name.size() < 2 || !cursor.take(':')) return members;
    members.push_back({.name = name.substr(1, name.size() - 2), .value = cursor.take_value()});
    if (!cursor.take(',')) return members;
  }
}

std::vector<std::string_view> json_elements(std::string_view text) {
  std::vector<std::string_view> elements;
  Cursor cursor(text);
  if (!cursor.take('[')) return elements;
  while (true) {
    const std::string_view value = cursor.take_value();
    if (value.empty()) return elements;
    elements.push_back(value);
    if (!cursor.take(',')) return elements;
  }
}

std::string compact_json(std::string_view text) {
  std::string compact;
  compact.reserve(text.size());
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!in_string && is_space(c)) continue;
    compact += c;
    if (in_string && c == '\\' && i + 1 < text.size())
      compact += text[++i];
    else if (c == '"')
      in_string = !in_string;
  }
  return compact;
}

}  // namespace xrouter
