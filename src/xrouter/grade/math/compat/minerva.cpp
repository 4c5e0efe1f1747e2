#include "xrouter/grade/math/compat/minerva.hpp"

#include <algorithm>
#include <optional>

#include "xrouter/grade/math/compat/text.hpp"

namespace xrouter::grade::math::compat {
namespace {

constexpr std::size_t kTailCharacters = 800;

constexpr std::string_view kRemoved[] = {
    "square",    "ways",        "integers",   "dollars",    "mph",        "inches",   "hours",           "km",        "units",
    "\\ldots",   "sue",         "points",     "feet",       "minutes",    "digits",   "cents",           "degrees",   "cm",
    "gm",        "pounds",      "meters",     "meals",      "edges",      "students", "childrentickets", "multiples", "\\text{s}",
    "\\text{.}", "\\text{\ns}", "\\text{}^2", "\\text{}^3", "\\text{\n}", "\\text{}", "\\mathrm{th}",    "^\\circ",   "^{\\circ}",
    "\\;",       ",\\!",        "{,}",        "\"",         "\\dots"};

std::string_view last_characters(std::string_view text, std::size_t count) {
  std::size_t at = text.size();
  while (at > 0 && count > 0) {
    --at;
    if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0x80) --count;
  }
  return text.substr(at);
}

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// (.*?)($)(.*?)($)(.*) on each line becomes $..$ of its first pair.
std::string only_first_dollars(const std::string& text) {
  std::string out;
  for (const std::string& line : split(text, "\n")) {
    if (!out.empty()) out += '\n';
    const std::size_t open = line.find('$');
    const std::size_t close = open == std::string::npos ? open : line.find('$', open + 1);
    out += close == std::string::npos ? line : line.substr(open, close - open + 1);
  }
  return out;
}

// \name{...} becomes its content, up to the first brace (or the last, when greedy) of the line.
std::string unwrapped(std::string text, std::string_view head, bool greedy) {
  for (std::size_t at = 0; (at = text.find(head, at)) != std::string::npos;) {
    const std::size_t begin = at + head.size();
    const std::size_t line = std::min(text.find('\n', begin), text.size());
    const std::size_t close = greedy ? text.rfind('}', line) : text.find('}', begin);
    if (close == std::string::npos || close < begin || close > line) {
      at = begin;
      continue;
    }
    const std::string content = text.substr(begin, close - begin);
    text = text.substr(0, at) + content + text.substr(close + 1);
    at += content.size();
  }
  return text;
}

// frac12 becomes frac{1}{2}, sqrt2 becomes sqrt{2}.
std::string with_braces(const std::string& text, std::string_view head, std::size_t arguments) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = at + head.size();
    const bool bare = text.compare(at, head.size(), head) == 0 && end + arguments <= text.size() && text[end] != '{' &&
                      (arguments < 2 || text[end + 1] != '\n');
    if (!bare) {
      out += text[at++];
      continue;
    }
    out += head;
    for (std::size_t i = 0; i < arguments; ++i) out += "{" + text.substr(end + i, 1) + "}";
    at = end + arguments;
  }
  return out;
}

}  // namespace

std::string minerva_normalized(std::string_view answer) {
  std::string text(answer.substr(answer.rfind('=') == std::string_view::npos ? 0 : answer.rfind('=') + 1));
  for (const auto& [from, to] : {std::pair{"an ", ""},
                                 {"a ", ""},
                                 {".$", "$"},
                                 {"\\$", ""},
                                 {"\\ ", ""},
                                 {" ", ""},
                                 {"mbox", "text"},
                                 {",\\text{and}", ","},
                                 {"\\text{and}", ","},
                                 {"\\text{m}", "\\text{}"}}) {
    text = replaced(text, from, to);
  }
  for (const std::string_view removed : kRemoved) text = replaced(text, removed, "");
  text = only_first_dollars(text);
  for (const std::string_view head : {"\\text{", "\\textbf{", "\\overline{"}) text = unwrapped(std::move(text), head, false);
  text = unwrapped(std::move(text), "\\boxed{", true);
  text = replaced(with_braces(with_braces(text, "frac", 2), "sqrt", 1), "$", "");
  const std::string digits = replaced(text, ",", "");
  const bool number = !digits.empty() && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  return stripped(number ? digits : text);
}

std::string minerva_answer(std::string_view reply) {
  const std::string_view tail = last_characters(reply, kTailCharacters);
  const std::string folded = lower(tail);
  std::optional<std::string_view> answer;
  // (?i)Answer\s*:\s*([^\n]+), matches do not overlap, the last one counts.
  for (std::size_t at = 0; (at = folded.find("answer", at)) != std::string::npos;) {
    std::size_t end = at + 6;
    while (end < tail.size() && is_blank(tail[end])) ++end;
    if (end >= tail.size() || tail[end] != ':') {
      at += 6;
      continue;
    }
    std::size_t begin = end + 1;
    while (begin < tail.size() && is_blank(tail[begin])) ++begin;
    if (begin >= tail.size()) break;
    const std::size_t line = std::min(tail.find('\n', begin), tail.size());
    answer = tail.substr(begin, line - begin);
    at = line;
  }
  return minerva_normalized(answer.value_or("[INVALID]"));
}

}  // namespace xrouter::grade::math::compat
