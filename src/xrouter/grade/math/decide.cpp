#include "xrouter/grade/math/decide.hpp"

#include <flint/flint.h>

#include <algorithm>

#include "xrouter/grade/math/compare.hpp"
#include "xrouter/grade/math/limits.hpp"
#include "xrouter/grade/math/parse.hpp"

namespace xrouter::grade::math {
namespace {

// Blanks between other characters as one, dollar signs gone.
std::string squeezed(std::string_view text) {
  std::string out;
  bool blank = false;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '$') {
      blank = true;
      continue;
    }
    if (blank && !out.empty()) out += ' ';
    blank = false;
    out += c;
  }
  return out;
}

// Words, perhaps with numbers among them, but nothing that braces or signs would give a meaning.
bool is_prose(std::string_view folded) { return !folded.empty() && folded.find_first_of("^_=<>\\") == std::string_view::npos; }

bool has_digit(std::string_view text) { return text.find_first_of("0123456789") != std::string_view::npos; }

int rank(Verdict verdict) {
  switch (verdict) {
    case Verdict::equal:
      return 3;
    case Verdict::undecided:
      return 2;
    case Verdict::too_big:
      return 1;
    case Verdict::different:
      return 0;
  }
  return 0;
}

// Blanks between digits count: "20 to 39" is not "2 0 to 39".
Decision compare_as_text(std::string_view key, std::string_view answer) {
  const Blanks blanks = has_digit(key) || has_digit(answer) ? Blanks::single : Blanks::none;
  const std::string left = folded_words(key, blanks);
  const bool equal = is_prose(left) && left == folded_words(answer, blanks);
  return {.verdict = equal ? Verdict::equal : Verdict::different, .reason = "as text"};
}

bool is_word_answer(const std::vector<Node>& key) {
  return std::ranges::any_of(
      key, [](const Node& node) { return node.kind == Kind::words || (node.kind == Kind::symbol && node.text.size() == 1); });
}

bool are_words(const std::vector<Node>& readings) {
  return std::ranges::all_of(readings, [](const Node& node) { return node.kind == Kind::words; });
}

Decision best_of(const std::vector<Node>& keys, const std::vector<Node>& answers, const Dialect& dialect) {
  Decision best{.reason = "different"};
  bool first = true;
  for (const Node& key : keys) {
    for (const Node& answer : answers) {
      Comparer comparer(dialect);
      const Verdict verdict = comparer.compare(key, answer);
      if (!first && rank(verdict) <= rank(best.verdict)) continue;
      first = false;
      best.verdict = verdict;
      best.reason = comparer.reason();
    }
  }
  return best;
}

}  // namespace

Decision decide(std::string_view key, std::string_view answer, const Dialect& dialect) {
  if (answer.size() > kMaxBytes || key.size() > kMaxBytes) return {.verdict = Verdict::too_big, .reason = "limit: too long"};
  if (squeezed(key) == squeezed(answer)) return {.verdict = Verdict::equal, .reason = "the same text"};
  const Result<std::vector<Node>> keys = readings(key);
  const Result<std::vector<Node>> answers = readings(answer);
  if (!answers && is_limit(answers.error())) return {.verdict = Verdict::too_big, .parsed = false, .reason = answers.error().public_text};
  if (!keys || !answers) {
    Decision text = compare_as_text(key, answer);
    text.key_parsed = keys.has_value();
    text.parsed = answers.has_value();
    if (!answers) text.reason += ": the answer is " + answers.error().public_text;
    return text;
  }
  Decision decision = best_of(*keys, *answers, dialect);
  decision.parsed = !are_words(*answers) || are_words(*keys);
  if (decision.verdict == Verdict::equal || !is_word_answer(*keys)) return decision;
  const bool spelled = key.find("\\text") != std::string_view::npos || key.find("\\mathrm") != std::string_view::npos ||
                       std::ranges::any_of(*keys, [](const Node& node) { return node.kind == Kind::words; });
  return spelled && compare_as_text(key, answer).verdict == Verdict::equal ? compare_as_text(key, answer) : decision;
}

void release_thread_caches() { flint_cleanup(); }

}  // namespace xrouter::grade::math
