// How this library words what it refuses. File names, tensor names and texts come from strangers: they are shown
// shortened and without control characters.
#pragma once

#include <string>
#include <string_view>

#include "xrouter/base/result.hpp"

namespace xrouter::weights {

/// At most 80 bytes of printable ASCII; everything else reads as '?'.
inline std::string shown(std::string_view text) {
  constexpr std::size_t kMaxShown = 80;
  std::string out(text.substr(0, kMaxShown));
  for (char& c : out)
    if (c < ' ' || c > '~') c = '?';
  return text.size() > kMaxShown ? out + "..." : out;
}

/// "<file>: <what>" as an error of kind config.
[[nodiscard]] inline tl::unexpected<Error> refuse(std::string_view file, std::string_view what) {
  return fail(ErrorKind::config, std::string(file) + ": " + std::string(what));
}
[[nodiscard]] inline tl::unexpected<Error> refuse_tensor(std::string_view file, std::string_view tensor, std::string_view what) {
  return refuse(file, "tensor '" + shown(tensor) + "' " + std::string(what));
}

}  // namespace xrouter::weights
