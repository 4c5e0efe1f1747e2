// The rules of PRIME as the seed carries them.
#pragma once

#include <string>
#include <string_view>

namespace xrouter::grade::math::compat {

enum class Equal {
  no,
  yes,
  raises,  ///< the original raises an exception
};

/// math_equal(): texts, then numbers with a relative error of 1e-4 and a factor of 100 either way, then
/// lists. Its symbolic part never ran in the seed and stays dead.
Equal math_equal(std::string_view prediction, std::string_view reference);

/// math_equal() with "\pi" replaced by 3.14159... and by 3.14, as prime_math does.
Equal math_equal_with_pi(std::string_view prediction, std::string_view reference);

/// The loose search for an answer in a reply.
std::string match_answer(std::string_view reply);

}  // namespace xrouter::grade::math::compat
