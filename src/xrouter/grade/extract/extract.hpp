// Finding the answer in a reply: one linear-time module for every grader. Nothing here decides
// what is right, and nothing backtracks: cost is O(bytes) for any input, invalid UTF-8 included.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/grade/dialect.hpp"
#include "xrouter/grade/value/value.hpp"

namespace xrouter::grade::extract {

/// The part of a reply that counts under a policy. nullopt: the thinking never ended (after_last
/// only). The view is into `reply`.
std::optional<std::string_view> without_thinking(std::string_view reply, ThinkPolicy policy);

/// A code fence of three or more backticks or tildes, indented or not, LF or CRLF; an unclosed one
/// ends with the text.
struct Fence {
  std::string_view info;     ///< the info string, trimmed: "python", "c++", ""
  std::string_view content;  ///< without the fence lines
  std::size_t offset = 0;    ///< of the opening fence
  bool closed = true;
};
std::vector<Fence> fences(std::string_view text);

/// The content of a \boxed{...} or \fbox{...} with balanced, escape-aware braces, or of `\boxed 5`.
struct Box {
  std::string_view content;
  std::size_t offset = 0;
  bool fbox = false;
};
/// In order; a box inside a box is not listed apart. Unbalanced boxes are left out.
std::vector<Box> boxes(std::string_view text);

/// The contents of <tag>...</tag>, across lines, in order; tags do not nest.
std::vector<std::string_view> tagged(std::string_view text, std::string_view tag);

/// How explicitly a reply announces its answer; a smaller number is more explicit.
enum class Announced : int {
  final_answer_is = 0,   ///< "final answer is", "final answer:"
  answer_is = 1,         ///< "the answer is", "answer is"
  answer_colon = 2,      ///< "answer:", "Answer :"
};
struct Phrase {
  Announced kind;
  std::size_t offset = 0;      ///< of the phrase
  std::string_view rest;       ///< what follows it, up to the end of its line, blanks trimmed; markdown emphasis is kept
};
/// Every announcement, case-blind and with word borders, in order.
std::vector<Phrase> announced(std::string_view text);

/// The last complete JSON object or array of the text, by a real tokenizer that knows strings.
std::optional<std::string_view> last_json_text(std::string_view text);
/// Its value; nullopt also when an object in it names a member twice.
std::optional<Value> last_json(std::string_view text);

/// Trims ASCII white space and U+00A0.
std::string_view trimmed(std::string_view text);
/// Valid UTF-8: every malformed byte becomes U+FFFD.
std::string to_utf8(std::string_view bytes);

}  // namespace xrouter::grade::extract
