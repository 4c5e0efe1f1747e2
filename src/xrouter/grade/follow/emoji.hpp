// Which single characters are emoji.
#pragma once

namespace xrouter::grade::follow {

/// Those that Unicode's emoji-test.txt (16.0) lists as an emoji by themselves, with or without a variation selector.
bool is_emoji(char32_t c);

}  // namespace xrouter::grade::follow
