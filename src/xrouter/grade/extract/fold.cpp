#include "xrouter/grade/extract/fold.hpp"

#include <utf8proc.h>

#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/extract/scan.hpp"
#include "xrouter/grade/value/utf8.hpp"

namespace xrouter::grade::extract {
namespace {

bool take_around(std::string_view& text, std::string_view open, std::string_view close) {
  const bool has = text.size() >= open.size() + close.size() && text.starts_with(open) && text.ends_with(close);
  if (has) text = trimmed(text.substr(open.size(), text.size() - open.size() - close.size()));
  return has;
}

bool take_command(std::string_view& text) {
  // Only around the whole: the brace that opens here must be the one that ends the text.
  for (const std::string_view command : {"\\text{", "\\textbf{", "\\mathrm{", "\\mathbf{", "\\texttt{", "\\boxed{"}) {
    if (text.starts_with(command) && text.find('}') == text.size() - 1) return take_around(text, command, "}");
  }
  return false;
}

}  // namespace

std::string folded(std::string_view text) {
  text = trimmed(text);
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    const bool blank = is_blank(text[at]) || text.substr(at).starts_with("\xC2\xA0");
    if (blank) {
      if (out.back() != ' ') out += ' ';
    } else if (length <= 1) {
      append_utf8(out, length == 0 ? 0xFFFD : static_cast<char32_t>(to_lower(text[at])));
    } else {
      append_utf8(out, static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(utf8_decode(text, at)))));
    }
    at += length == 0 ? 1 : length;
  }
  return out;
}

std::string_view undecorated(std::string_view text) {
  text = trimmed(text);
  for (std::size_t before = text.size() + 1; before != text.size();) {
    before = text.size();
    if (text.ends_with('.')) text = trimmed(text.substr(0, text.size() - 1));
    for (const std::string_view mark : {"**", "*", "__", "`", "\"", "'", "$$", "$"}) take_around(text, mark, mark);
    take_around(text, "\\(", "\\)");
    take_command(text);
  }
  return text;
}

}  // namespace xrouter::grade::extract
