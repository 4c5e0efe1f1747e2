// Texts from outside, made fit for the ledger.
#pragma once

#include <string>
#include <string_view>

namespace xrouter::store {

inline constexpr std::size_t kMaxTextBytes = 256;

/// The text itself when it is valid UTF-8 of at most kMaxTextBytes; otherwise cut, with '?' for
/// everything that is not printable ASCII.
std::string clean_text(std::string_view text);

}  // namespace xrouter::store
