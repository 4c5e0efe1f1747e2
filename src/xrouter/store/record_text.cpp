#include "xrouter/store/record_text.hpp"

#include <algorithm>

#include "xrouter/json/parse.hpp"

namespace xrouter::store {
namespace {

constexpr std::string_view kCut = "...";

bool printable(char c) { return c >= 0x20 && c < 0x7f; }

}  // namespace

std::string clean_text(std::string_view text) {
  if (text.size() <= kMaxTextBytes && std::all_of(text.begin(), text.end(), printable)) return std::string(text);
  if (text.size() <= kMaxTextBytes && json::parse(json::quote(text))) return std::string(text);
  const bool too_long = text.size() > kMaxTextBytes;
  std::string cleaned(text.substr(0, too_long ? kMaxTextBytes - kCut.size() : text.size()));
  for (char& c : cleaned)
    if (!printable(c)) c = '?';
  if (too_long) cleaned += kCut;
  return cleaned;
}

}  // namespace xrouter::store
