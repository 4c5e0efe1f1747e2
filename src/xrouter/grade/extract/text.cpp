#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/extract/scan.hpp"
#include "xrouter/grade/value/utf8.hpp"

namespace xrouter::grade::extract {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kNoBreakSpace = "\xC2\xA0";
  while (!text.empty()) {
    if (is_blank(text.front())) {
      text.remove_prefix(1);
    } else if (text.starts_with(kNoBreakSpace)) {
      text.remove_prefix(kNoBreakSpace.size());
    } else {
      break;
    }
  }
  while (!text.empty()) {
    if (is_blank(text.back())) {
      text.remove_suffix(1);
    } else if (text.ends_with(kNoBreakSpace)) {
      text.remove_suffix(kNoBreakSpace.size());
    } else {
      break;
    }
  }
  return text;
}

std::string to_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = utf8_length(bytes, at);
    if (length == 0) {
      append_utf8(out, 0xFFFD);
      ++at;
    } else {
      out += bytes.substr(at, length);
      at += length;
    }
  }
  return out;
}

namespace {

// <think>, < thinking >, <|begin_of_thought|>, ... and what closes them.
struct ThinkTag {
  std::string_view open, close;
};
constexpr ThinkTag kThinkTags[] = {{"think", "/think"},
                                   {"thinking", "/thinking"},
                                   {"thought", "/thought"},
                                   {"|begin_of_thought|", "|end_of_thought|"}};
constexpr std::size_t kMaxTagBytes = 32;

enum class Mark { none, open, close };

// The tag at `at`, a '<'; `end` is set behind it.
Mark think_mark(std::string_view text, std::size_t at, std::size_t& end) {
  const std::string_view head = text.substr(at + 1, kMaxTagBytes);
  const std::size_t close = head.find('>');
  if (close == std::string_view::npos) return Mark::none;
  std::string name;
  for (const char c : head.substr(0, close)) {
    if (!is_blank(c)) name += to_lower(c);
  }
  end = at + close + 2;
  for (const ThinkTag& tag : kThinkTags) {
    if (name == tag.open) return Mark::open;
    if (name == tag.close) return Mark::close;
  }
  return Mark::none;
}

}  // namespace

std::optional<std::string_view> without_thinking(std::string_view reply, ThinkPolicy policy) {
  constexpr std::string_view kFirstClose = "</think>";
  if (policy == ThinkPolicy::keep) return reply;
  if (policy == ThinkPolicy::after_first) {  // as the seed does it
    const std::size_t close = reply.find(kFirstClose);
    return close == std::string_view::npos ? reply : reply.substr(close + kFirstClose.size());
  }
  std::size_t begin = 0;
  bool thinks = false;
  for (std::size_t at = reply.find('<'); at != std::string_view::npos; at = reply.find('<', at + 1)) {
    std::size_t end = 0;
    const Mark mark = think_mark(reply, at, end);
    if (mark == Mark::none) continue;
    thinks = mark == Mark::open;
    if (!thinks) begin = end;
  }
  return thinks ? std::nullopt : std::optional(reply.substr(begin));
}

}  // namespace xrouter::grade::extract
