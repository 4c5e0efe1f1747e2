#include "xrouter/grade/follow/pieces.hpp"

#include <algorithm>

namespace xrouter::grade::follow {
namespace {

bool stands_at(TextView text, std::size_t at, TextView part) { return at <= text.size() && text.substr(at).starts_with(part); }

std::size_t line_end(TextView text, std::size_t at) {
  return at >= text.size() ? text.size() : std::min(text.find(U'\n', at), text.size());
}

// Lines whose first sign is `mark`; `accepts` looks at what follows it and says where the bullet's text begins.
template <class Accepts>
std::size_t marked_lines(TextView text, char32_t mark, Accepts accepts) {
  std::size_t found = 0;
  for (std::size_t line = 0; line < text.size();) {
    std::size_t at = line;
    while (at < text.size() && is_space(text[at])) ++at;
    const bool marked = at < text.size() && text[at] == mark;
    const std::optional<std::size_t> body = marked ? accepts(at) : std::nullopt;
    if (body) ++found;
    line = line_end(text, body.value_or(at)) + 1;
  }
  return found;
}

std::size_t spans(TextView text, TextView mark) {
  std::size_t found = 0;
  for (std::size_t at = text.find(mark); at != TextView::npos;) {
    const std::size_t inside = at + mark.size();
    const std::size_t end = text.find_first_of(U"*\n", inside);
    const bool closed = end != TextView::npos && stands_at(text, end, mark);
    if (closed && !is_blank(text.substr(inside, end - inside))) ++found;
    at = text.find(mark, closed ? end + mark.size() : at + 1);
  }
  return found;
}

bool is_title(TextView line) {
  const std::size_t open = line.find(U"<<");
  const std::size_t close = line.rfind(U">>");
  if (open == TextView::npos || close == TextView::npos || close < open + 3) return false;
  const TextView title = line.substr(open, close + 2 - open);
  return !is_blank(right_stripped(left_stripped(title, U"<"), U">"));
}

}  // namespace

std::vector<TextView> starred_pieces(TextView text) {
  std::vector<TextView> out;
  std::size_t begin = 0;
  for (std::size_t stars = text.find(U"***"); stars != TextView::npos; stars = text.find(U"***", begin)) {
    const std::size_t end = stars > begin && is_space(text[stars - 1]) ? stars - 1 : stars;
    out.push_back(text.substr(begin, end - begin));
    begin = stars + 3;
    if (begin < text.size() && is_space(text[begin])) ++begin;
  }
  out.push_back(text.substr(begin));
  return out;
}

std::optional<std::size_t> filled_pieces(const std::vector<TextView>& pieces) {
  std::size_t filled = 0;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (!is_blank(pieces[i])) {
      ++filled;
    } else if (i != 0 && i + 1 != pieces.size()) {
      return std::nullopt;
    }
  }
  return filled;
}

std::size_t bullets(TextView text) {
  const auto one_star = [text](std::size_t at) -> std::optional<std::size_t> {
    if (at + 1 >= text.size() || text[at + 1] == '*') return std::nullopt;
    return at + 2;
  };
  const auto dash = [](std::size_t at) -> std::optional<std::size_t> { return at + 1; };
  return marked_lines(text, U'*', one_star) + marked_lines(text, U'-', dash);
}

std::size_t highlights(TextView text) { return spans(text, U"*") + spans(text, U"**"); }

std::size_t placeholders(TextView text) {
  std::size_t found = 0;
  for (std::size_t open = text.find(U'['); open != TextView::npos;) {
    const std::size_t close = text.find_first_of(U"]\n", open);
    if (close == TextView::npos) break;
    if (text[close] == ']') ++found;
    open = text.find(U'[', close);
  }
  return found;
}

bool has_title(TextView text) { return std::ranges::any_of(split(text, U"\n"), is_title); }

}  // namespace xrouter::grade::follow
