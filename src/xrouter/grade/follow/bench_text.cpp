#include "xrouter/grade/follow/bench_text.hpp"

#include <utf8proc.h>

#include <array>

namespace xrouter::grade::follow {

std::vector<TextView> digit_runs(TextView text) {
  std::vector<TextView> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    if (at > begin) out.push_back(text.substr(begin, at - begin));
    if (at == begin) ++at;
  }
  return out;
}

std::string ascii_only(TextView text) {
  std::string out;
  for (const char32_t c : text) {
    std::array<utf8proc_int32_t, 32> parts{};
    const auto options = static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT);
    const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), parts.data(), parts.size(), options, nullptr);
    for (utf8proc_ssize_t i = 0; i < count && i < static_cast<utf8proc_ssize_t>(parts.size()); ++i)
      if (parts[static_cast<std::size_t>(i)] < 0x80) out.push_back(static_cast<char>(parts[static_cast<std::size_t>(i)]));
  }
  return out;
}

}  // namespace xrouter::grade::follow
