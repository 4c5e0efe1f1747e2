#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/extract/scan.hpp"

namespace xrouter::grade::extract {
namespace {

// Whether <tag> or </tag> is at `at`; `head` is "<" or "</".
bool has_tag(std::string_view text, std::size_t at, std::string_view head, std::string_view lowered) {
  const std::size_t end = at + head.size() + lowered.size();
  return text.substr(at).starts_with(head) && end < text.size() && text[end] == '>' && has_at(text, at + head.size(), lowered);
}

}  // namespace

std::vector<std::string_view> tagged(std::string_view text, std::string_view tag) {
  std::string lowered(tag);
  std::ranges::transform(lowered, lowered.begin(), to_lower);
  std::vector<std::string_view> found;
  std::optional<std::size_t> content;
  for (std::size_t at = text.find('<'); at != std::string_view::npos; at = text.find('<', at + 1)) {
    if (has_tag(text, at, "<", lowered)) {
      content = at + lowered.size() + 2;  // a later opening tag wins: the earlier one was only mentioned
    } else if (content && has_tag(text, at, "</", lowered)) {
      found.push_back(text.substr(*content, at - *content));
      content.reset();
    }
  }
  return found;
}

}  // namespace xrouter::grade::extract
