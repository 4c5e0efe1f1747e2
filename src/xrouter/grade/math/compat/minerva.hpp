// The string rule of math_dapo (Minerva's), as the seed carries it.
#pragma once

#include <string>
#include <string_view>

namespace xrouter::grade::math::compat {

/// What the reply answers after its last "Answer:", normalised; "[INVALID]" when there is none.
/// Looks at the last 800 characters only.
std::string minerva_answer(std::string_view reply);
std::string minerva_normalized(std::string_view answer);

}  // namespace xrouter::grade::math::compat
