#include "xrouter/eval/report/escape.hpp"

#include <fmt/format.h>

#include "xrouter/grade/value/utf8.hpp"

namespace xrouter::eval::report {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

void append_clean(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = grade::utf8_length(text, 0);
    const bool control = (static_cast<unsigned char>(text[0]) < 0x20 && text[0] != '\n' && text[0] != '\t') || text[0] == 0x7f;
    if (length == 0)
      out += kReplacement;
    else if (control)
      out += ' ';
    else
      out += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

}  // namespace

std::string clean_text(std::string_view text, std::size_t max_bytes) {
  std::string out;
  if (text.size() <= max_bytes) {
    append_clean(out, text);
    return out;
  }
  std::size_t end = max_bytes;
  while (end > 0 && continues(text[end])) --end;
  append_clean(out, text.substr(0, end));
  return out + fmt::format(" ... [cut: {} of {} bytes]", end, text.size());
}

std::string html(std::string_view text) {
  std::string clean;
  append_clean(clean, text);
  std::string out;
  out.reserve(clean.size() + clean.size() / 8);
  for (const char c : clean) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string script_json(std::string_view json) {
  std::string out;
  out.reserve(json.size() + json.size() / 16);
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    const std::string_view three = json.substr(i, 3);
    if (c == '<' || c == '>' || c == '&') {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else if (three == "\xE2\x80\xA8" || three == "\xE2\x80\xA9") {
      out += three[2] == '\xA8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace xrouter::eval::report
