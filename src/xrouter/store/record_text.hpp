// Texts from outside, made fit for the ledger.
#pragma once

#include <string>
#include <string_view>

namespace xrouter::store {

inline constexpr std::size_t kMaxTextBytes = 256;

/// The text itself when it is valid UTF-8 of at most kMaxTextBytes; otherwise with '?' for everything
/// that is not printable ASCII, and when it is too long cut to that size with "..." at its end.
std::string clean_text(std::string_view text);

}  // namespace xrouter::store
