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

// "$5" and "\$5": a dollar sign that does not delimit a formula.
bool is_money(std::string_view text) {
  if (std::ranges::count(text, '$') % 2 == 0) return false;
  const std::size_t at = text.find('$');
  return at + 1 < text.size() && (has_digit(text.substr(at + 1, 1)) || text[at + 1] == '.');
}

void mark_as_dollars(std::vector<Node>& readings) {
  for (Node& node : readings) {
    const bool plain = node.kind == Kind::number || node.kind == Kind::sum || node.kind == Kind::negation || node.kind == Kind::product ||
                       node.kind == Kind::quotient || node.kind == Kind::unit;
    if (!plain) continue;
    std::vector<Node> kids;
    kids.push_back(std::move(node));
    node = make_node(Kind::unit, "usd", std::move(kids));
  }
}

bool is_letters(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

// A word is no product: CBA spells something else than ABC, though ab is ba.
bool is_another_spelling(std::string_view key, std::string_view answer) {
  if (key.size() != answer.size() || !is_letters(key) || !is_letters(answer)) return false;
  const bool capitals = std::ranges::all_of(key, [](char c) { return c <= 'Z'; });
  const std::string left = folded_words(key);
  const std::string right = folded_words(answer);
  return (key.size() >= 3 || capitals) && left != right && std::ranges::is_permutation(left, right);
}

}  // namespace

Decision decide(std::string_view key, std::string_view answer, const Dialect& dialect) {
  if (answer.size() > kMaxBytes || key.size() > kMaxBytes) return {.verdict = Verdict::too_big, .reason = "limit: too long"};
  if (squeezed(key) == squeezed(answer)) return {.verdict = Verdict::equal, .reason = "the same text"};
  if (is_another_spelling(squeezed(key), squeezed(answer))) return {.verdict = Verdict::different, .reason = "as letters"};
  Result<std::vector<Node>> keys = readings(key);
  Result<std::vector<Node>> answers = readings(answer);
  if (keys && is_money(key)) mark_as_dollars(*keys);
  if (answers && is_money(answer)) mark_as_dollars(*answers);
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

}  // namespace xrouter::grade::math
