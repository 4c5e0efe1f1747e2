// Whether two answers say the same. Pure.
#pragma once

#include <string>
#include <string_view>

namespace xrouter::policy {

/// The final answer of a reply in a form that can be compared; empty when there is none. The first
/// rule that finds something decides:
///  1. the value of the last JSON member "answer";
///  2. what follows the last "answer is" or "answer:" in its line, such as (B);
///  3. the content of the last \boxed{...};
///  4. the last number of the last line that is not blank;
///  5. the whole text.
/// Case, blanks, quotes, emphasis, dollar and per cent signs, thousands separators, a final full stop
/// and enclosing brackets do not matter, nor do trailing zeros behind a decimal point.
std::string final_answer(std::string_view reply);

/// Both have a final answer, found by any rule, and it is the same.
bool agree(std::string_view left, std::string_view right);

}  // namespace xrouter::policy
