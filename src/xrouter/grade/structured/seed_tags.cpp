#include "xrouter/grade/structured/seed_tags.hpp"

#include "xrouter/grade/extract/extract.hpp"

namespace xrouter::grade::structured {

std::optional<std::string_view> seed_answer(std::string_view reply, bool one_line) {
  constexpr std::string_view kOpen = "<answer>";
  constexpr std::string_view kClose = "</answer>";
  std::optional<std::string_view> found;
  std::size_t close = 0;
  std::size_t line_end = 0;
  for (std::size_t at = reply.find(kOpen); at != std::string_view::npos; at = reply.find(kOpen, at)) {
    const std::size_t content = at + kOpen.size();
    if (close < content) close = reply.find(kClose, content);
    if (close == std::string_view::npos) break;
    if (line_end < content) line_end = std::min(reply.find('\n', content), reply.size());
    at = content;
    if (one_line && line_end < close) continue;
    found = extract::trimmed(reply.substr(content, close - content));
    at = close + kClose.size();
  }
  return found;
}

}  // namespace xrouter::grade::structured
