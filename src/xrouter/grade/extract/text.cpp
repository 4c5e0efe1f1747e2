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

std::optional<std::string_view> without_thinking(std::string_view reply, ThinkPolicy policy) {
  constexpr std::string_view kOpen = "<think>";
  constexpr std::string_view kClose = "</think>";
  if (policy == ThinkPolicy::keep) return reply;
  const std::size_t close = policy == ThinkPolicy::after_first ? reply.find(kClose) : reply.rfind(kClose);
  const std::string_view rest = close == std::string_view::npos ? reply : reply.substr(close + kClose.size());
  if (policy == ThinkPolicy::after_last && rest.find(kOpen) != std::string_view::npos) return std::nullopt;
  return rest;
}

}  // namespace xrouter::grade::extract
