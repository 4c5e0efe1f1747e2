// Whether two answers say the same. Pure.
#pragma once

#include <string>
#include <string_view>

namespace xrouter::policy {

/// In this order the first rule that finds something decides.
enum class AnswerRule {
  json_member,  ///< the value of the last JSON member "answer"
  phrase,       ///< what follows the last "answer is" or "answer:", such as (B), in its line or the next that says something
  boxed,        ///< the content of the last \boxed{...}
  option,       ///< the last (E) or "option E" of the last line that is not blank
  last_number,  ///< the last number of the last line that is not blank
  whole_text,
};

struct FinalAnswer {
  std::string text;  ///< in a form that can be compared; empty when there is none
  AnswerRule rule = AnswerRule::whole_text;
};

/// The final answer of a reply and how it was found.
/// Case, blanks, quotes, emphasis, dollar and per cent signs, thousands separators, a final full stop
/// and enclosing brackets do not matter, nor do trailing zeros behind a decimal point. Of "(B) because ..." behind a phrase
/// or in a box only the letter counts: models put different words behind it.
FinalAnswer find_final_answer(std::string_view reply);

/// Its text, found by any rule.
std::string final_answer(std::string_view reply);

/// Comparing two answers makes sense for a text that wants one final answer. The rule: it says
/// "answer". Chat, essays and code are then answered by one model.
bool asks_for_an_answer(std::string_view text);

/// A router is shown no longer one, in bytes; whether answers agree it is told of any.
inline constexpr std::size_t kLongestShownAnswer = 80;

/// What a reply states as its answer: two essays that end with the same year state none, two solutions that end with the
/// same number do. Empty when it states none. `one_answer_wanted`: an option or a number at the end counts.
std::string stated_answer(std::string_view reply, bool one_answer_wanted);

/// Both have a final answer, found by any rule, and it is the same.
bool agree(std::string_view left, std::string_view right);

}  // namespace xrouter::policy
