// The grader of openai/prm800k as the seed carries it: two normalisers, then a narrow symbolic difference.
#pragma once

#include <string>
#include <string_view>

namespace xrouter::grade::math::compat {

/// The second normaliser ("stage B").
std::string normalize(std::string_view text);
/// True when both are the same number or expression for sympy, within the narrow limits of the original.
bool is_zero_difference(std::string_view key, std::string_view given);
/// Stages A, B and C.
bool grade_answer(std::string_view given, std::string_view key);

}  // namespace xrouter::grade::math::compat
