#include "xrouter/grade/math/compat/search.hpp"

#include <algorithm>

#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/math/compat/text.hpp"

namespace xrouter::grade::math::compat {
namespace {

constexpr std::size_t kManyTags = 10;

std::string folded(std::string_view text) {
  std::string plain;
  for (const char c : lower(text)) {
    const bool punctuation = (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
    if (!punctuation) plain += c >= '\t' && c <= '\r' ? ' ' : c;
  }
  std::string out;
  for (const std::string& word : split(plain, " ")) {
    if (word.empty() || word == "a" || word == "an" || word == "the") continue;
    if (!out.empty()) out += ' ';
    out += word;
  }
  return out;
}

std::size_t count_of(std::string_view text, std::string_view mark) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(mark, at)) != std::string_view::npos; at += mark.size()) ++count;
  return count;
}

}  // namespace

GradeResult grade_search(std::string_view reply, const std::vector<std::string>& keys, const Dialect& dialect) {
  const auto counted = dialect.bug_compat ? std::optional(reply) : extract::without_thinking(reply, dialect.think);
  const auto answers = counted ? extract::tagged(*counted, "answer") : std::vector<std::string_view>{};
  if (answers.empty()) return ungraded(GradeStatus::no_answer, "no <answer> in the reply");
  const std::string answer = folded(answers.back());
  if (!dialect.bug_compat && answer.empty()) return ungraded(GradeStatus::no_answer, "an empty <answer>");
  const bool right = std::ranges::any_of(keys, [&](const std::string& key) { return folded(key) == answer; });
  const bool flooded = dialect.bug_compat && std::max(count_of(reply, "<answer>"), count_of(reply, "</answer>")) > kManyTags;
  return graded_share(right ? (flooded ? 0.25 : 1.0) : 0.0, right, std::string(answers.back()));
}

}  // namespace xrouter::grade::math::compat
