#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/extract/scan.hpp"

namespace xrouter::grade::extract {
namespace {

constexpr std::size_t kFenceLength = 3;

struct Line {
  std::string_view text;  ///< without its break
  std::size_t start = 0;
  std::size_t next = 0;
};

Line line_at(std::string_view text, std::size_t at) {
  const std::size_t end = std::min(text.find('\n', at), text.size());
  std::string_view line = text.substr(at, end - at);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return {.text = line, .start = at, .next = std::min(end + 1, text.size())};
}

bool is_mark(char c) { return c == '`' || c == '~'; }

struct Mark {
  char kind = 0;
  std::size_t length = 0;
  std::size_t at = 0;  ///< within the line
};

std::size_t run_length(std::string_view line, std::size_t at) {
  std::size_t end = at;
  while (end < line.size() && line[end] == line[at]) ++end;
  return end - at;
}

// The word of letters, digits and +-#._ that a label in the middle of a line may be.
bool is_label(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return is_letter(c) || is_digit(c) || std::string_view("+-#._").find(c) != std::string_view::npos; });
}

// A fence begins a line, or ends it with at most one label: "as follows: ```json".
std::optional<Mark> opening_of(std::string_view line) {
  std::size_t at = 0;
  while (at < line.size() && is_blank(line[at])) ++at;
  if (at < line.size() && is_mark(line[at])) {
    const Mark mark{.kind = line[at], .length = run_length(line, at), .at = at};
    const bool inline_code = mark.kind == '`' && line.find('`', at + mark.length) != std::string_view::npos;
    if (mark.length >= kFenceLength && !inline_code) return mark;
    return std::nullopt;
  }
  const std::size_t last = line.rfind('`');
  if (last == std::string_view::npos || last + 1 < kFenceLength || !is_label(trimmed(line.substr(last + 1)))) return std::nullopt;
  std::size_t start = last;
  while (start > 0 && line[start - 1] == '`') --start;
  const bool alone = line.find('`') == start;
  if (!alone || last + 1 - start < kFenceLength) return std::nullopt;
  return Mark{.kind = '`', .length = last + 1 - start, .at = start};
}

// Where in the line the fence is closed: as its only text, or behind the content's last line.
std::optional<std::size_t> closing_of(std::string_view line, const Mark& opening) {
  std::size_t end = line.size();
  while (end > 0 && is_blank(line[end - 1])) --end;
  std::size_t start = end;
  while (start > 0 && line[start - 1] == opening.kind) --start;
  if (end - start < opening.length) return std::nullopt;
  return trimmed(line.substr(0, start)).empty() ? 0 : start;
}

std::string_view without_last_break(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::vector<Fence> fences(std::string_view text) {
  std::vector<Fence> found;
  std::optional<Mark> open;
  std::size_t content = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Line line = line_at(text, at);
    at = line.next;
    if (!open) {
      open = opening_of(line.text);
      if (!open) continue;
      content = line.next;
      found.push_back({.info = trimmed(line.text.substr(open->at + open->length)), .content = {}, .offset = line.start + open->at, .closed = false});
      continue;
    }
    const auto closing = closing_of(line.text, *open);
    if (!closing) continue;
    const std::size_t end = line.start + *closing;
    found.back().content = without_last_break(text.substr(content, end - content));
    found.back().closed = true;
    open.reset();
  }
  if (open) found.back().content = without_last_break(text.substr(content));
  return found;
}

}  // namespace xrouter::grade::extract
