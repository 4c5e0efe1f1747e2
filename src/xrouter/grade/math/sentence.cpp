#include "xrouter/grade/math/sentence.hpp"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <iterator>
#include <optional>

#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/math/names.hpp"
#include "xrouter/grade/math/prose.hpp"

namespace xrouter::grade::math {
namespace {

constexpr std::size_t kMaxSentenceBytes = 4'000;

// They leave the number that they stand beside as it is.
constexpr std::string_view kPlainWords[] = {
    "a",       "an",    "the",   "is",    "are",      "was",    "be",     "equals", "equal",      "to",      "of",   "in",        "all",
    "total",   "each",  "it",    "this",  "that",     "which",  "we",     "get",    "have",       "there",   "so",   "therefore", "thus",
    "hence",   "then",  "now",   "just",  "about",    "only",   "simply", "exactly", "approximately", "roughly", "final", "answer", "solution",
    "result",  "value", "number", "sum",   "our",      "my",     "correct", "x",     "y",          "n",       "here", "altogether", "required",
    "she",     "he",    "they",  "has",   "had",      "were",   "will",   "takes",  "needs",      "costs",   "left", "remaining"};

// They deny or doubt what follows.
constexpr std::string_view kHedges[] = {"not",   "no",       "never",  "cannot",     "wrong",   "incorrect", "false",     "maybe",  "perhaps", "possibly",
                                        "impossible", "unsure",  "unknown",   "neither",   "nor",    "either",  "or",
                                        "t",     "unlikely", "except", "undefined",  "between", "unable",    "undecided", "unless"};

// They doubt what follows only when they belong to its verb: "it could be 5".
constexpr std::string_view kModals[] = {"might", "could", "would", "may", "can", "should"};
constexpr std::size_t kModalReach = 3;  // words

template <std::size_t N>
bool contains(const std::string_view (&words)[N], std::string_view word) {
  return std::ranges::find(words, word) != std::end(words);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool has_digit(std::string_view text) { return std::ranges::any_of(text, is_digit); }

// Calls `visit` with every word in lower case until it returns false.
template <typename Visit>
bool all_words(std::string_view text, Visit visit) {
  std::string word;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && is_letter(text[i])) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(text[i])));
      continue;
    }
    if (!word.empty() && !visit(word)) return false;
    word.clear();
  }
  return true;
}

bool is_plain_word(const std::string& word) {
  return (contains(kPlainWords, word) || is_unit_word(word)) && word != "times" && word != "square" && word != "cubic";
}

// Nothing but words, marks and blanks that change no value.
bool is_plain(std::string_view text) {
  const auto is_harmless = [](char c) {
    return is_letter(c) || std::string_view(" \t\n\r,.;:*\"'`$()[]\\").find(c) != std::string_view::npos;
  };
  return std::ranges::all_of(text, is_harmless) && all_words(text, is_plain_word);
}

bool has_hedge(std::string_view text) {
  std::size_t since_modal = kModalReach;
  const bool clean = all_words(text, [&](const std::string& word) {
    since_modal = contains(kModals, word) ? 0 : since_modal + 1;
    return !contains(kHedges, word);
  });
  return !clean || since_modal < kModalReach;
}

// `part` is a view into `text`.
bool is_plain_around(std::string_view text, std::string_view part) {
  const std::size_t begin = static_cast<std::size_t>(part.data() - text.data());
  return is_plain(text.substr(0, begin)) && is_plain(text.substr(begin + part.size()));
}

// "41, not 42" says 41, and so does "41 because of the rule".
std::string_view without_tail(std::string_view sentence) {
  std::size_t end = sentence.size();
  for (const std::string_view mark : {", not ", ", and not ", " because ", " since "}) end = std::min(end, sentence.find(mark));
  const std::string_view head = sentence.substr(0, end);
  return has_digit(head) ? head : sentence;
}

std::string_view without_leading_words(std::string_view text) {
  constexpr std::string_view kLeading[] = {"so", "therefore", "thus", "hence", "then", "we", "get", "have", "it", "is"};
  for (;;) {
    text = extract::trimmed(text);
    std::size_t end = 0;
    while (end < text.size() && is_letter(text[end])) ++end;
    std::string word;
    all_words(text.substr(0, end), [&](const std::string& only) {
      word = only;
      return true;
    });
    if (!contains(kLeading, word)) return text;
    text.remove_prefix(end);
    if (text.starts_with(',')) text.remove_prefix(1);
  }
}

constexpr std::size_t kMaxOpeningBytes = 12;

// Sentences are not always ended before the next one begins.
bool begins_conclusion(std::string_view text) {
  return std::ranges::any_of(std::initializer_list<std::string_view>{"Therefore", "Thus", "Hence", "So "},
                             [&](std::string_view opening) { return text.starts_with(opening); });
}

class Statement {
 public:
  std::vector<std::string_view> read(std::string_view sentence) {
    add(bare(sentence));
    const std::string_view whole = without_tail(sentence);
    if (const auto value = after_last_verb(whole)) {
      const std::string_view before = whole.substr(0, static_cast<std::size_t>(value->data() - whole.data()));
      if (!has_hedge(before) && !has_free_number(before)) clause(*value);
    }
    clause(whole);
    return std::move(values_);
  }

 private:
  void clause(std::string_view text) {
    add(bare(text));
    add(bare(without_leading_words(text)));
    if (const auto formula = last_segment(text); formula && is_plain_around(text, *formula)) add(*formula);
    if (const auto number = last_number(text); number && is_plain_around(text, *number)) add(*number);
  }

  // A number outside of formulas, or a formula that is one.
  static bool has_free_number(std::string_view text) {
    bool in_formula = false;
    for (const char c : text) {
      if (c == '$') in_formula = !in_formula;
      if (is_digit(c) && !in_formula) return true;
    }
    const auto formula = last_segment(text);
    return formula && !formula->empty() && std::ranges::all_of(*formula, [](char c) { return is_digit(c) || c == '.'; });
  }

  void add(std::string_view text) {
    text = extract::trimmed(text);
    if (!text.empty() && std::ranges::find(values_, text) == values_.end()) values_.push_back(text);
  }

  std::vector<std::string_view> values_;
};

}  // namespace

std::vector<std::string_view> stated_values(std::string_view sentence) {
  if (sentence.size() > kMaxSentenceBytes) return {};
  return Statement().read(extract::trimmed(sentence));
}

std::string_view last_sentence(std::string_view text) {
  std::string_view last = text;
  std::size_t begin = 0;
  std::string_view closing = {};  // of the display formula that is open
  const auto end_at = [&](std::size_t end) {
    const std::string_view sentence = extract::trimmed(text.substr(begin, end - begin));
    if (has_digit(sentence) || sentence.find_first_of("$\\") != std::string_view::npos) last = sentence;
    begin = end;
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::string_view mark = text.substr(at, 2);
    if (!closing.empty()) {
      if (mark != closing) continue;
      closing = {};
      ++at;
    } else if (mark == "$$" || mark == "\\[") {
      closing = mark == "$$" ? "$$" : "\\]";
      ++at;
    } else if (text[at] == ' ' && begins_conclusion(text.substr(at + 1, kMaxOpeningBytes))) {
      end_at(at);
    } else if (text[at] == '\n' || mark == ". " || mark == "! " || mark == "? " || mark == ".\n") {
      end_at(at + 1);
    }
  }
  end_at(text.size());
  return last;
}

}  // namespace xrouter::grade::math
