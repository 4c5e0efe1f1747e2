#include "xrouter/grade/choice/chosen.hpp"

#include <algorithm>
#include <span>

#include "xrouter/grade/choice/letters.hpp"
#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/extract/fold.hpp"
#include "xrouter/grade/extract/scan.hpp"

namespace xrouter::grade::choice {
namespace {

using extract::trimmed;

struct Statement {
  bool is_final = false;
  std::size_t offset = 0;
  std::string_view rest;
};

// Other ways of announcing a choice, each with what must stand before it left open.
constexpr std::string_view kOtherPhrases[] = {"option is",      "choice is",   "answers:",   "answers are", "r\xC3\xA9ponse est", "respuesta es", "antwort ist", "i choose",
                                              "i would choose", "i'd choose", "i'll choose", "i pick",      "i select",            "i go with",    "i'll go with"};

std::string_view line_from(std::string_view text, std::size_t at) { return trimmed(text.substr(at, text.find('\n', at) - at)); }

// "Answer:" with nothing behind it announces the next line.
std::string_view next_line(std::string_view text, std::string_view rest) {
  std::size_t at = static_cast<std::size_t>(rest.data() - text.data()) + rest.size();
  while (at < text.size() && (extract::is_blank(text[at]) || text[at] == '*')) ++at;
  return line_from(text, std::min(at, text.size()));
}

bool is_mere_emphasis(std::string_view text) { return text.find_first_not_of("*_: ") == std::string_view::npos; }

std::vector<Statement> statements_of(std::string_view text) {
  std::vector<Statement> found;
  for (const extract::Phrase& phrase : extract::announced(text)) {
    const std::string_view rest = is_mere_emphasis(phrase.rest) ? next_line(text, phrase.rest) : phrase.rest;
    found.push_back({.is_final = phrase.kind == extract::Announced::final_answer_is, .offset = phrase.offset, .rest = rest});
  }
  return found;
}

void add_other_statements(std::string_view text, std::vector<Statement>& found) {
  constexpr std::size_t kTailBytes = 16'384;
  const std::size_t tail = text.size() > kTailBytes ? text.size() - kTailBytes : 0;
  for (const std::string_view phrase : kOtherPhrases) {
    // Only the last one can matter, so one search from the end is enough.
    for (std::size_t at = text.size(); at-- > tail;) {
      if (!extract::has_at(text, at, phrase) || (at > 0 && extract::is_word(text[at - 1]))) continue;
      found.push_back({.is_final = false, .offset = at, .rest = line_from(text, at + phrase.size())});
      break;
    }
  }
  std::ranges::stable_sort(found, {}, &Statement::offset);
}

class Chooser {
 public:
  Chooser(std::string_view text, const Offered& offered, bool several) : text_(text), offered_(offered), several_(several) {}

  std::optional<Chosen> run() {
    std::vector<Statement> statements = statements_of(text_);
    add_other_statements(text_, statements);
    using Rule = std::optional<Chosen> (Chooser::*)();
    if (auto chosen = tagged()) return chosen;
    if (auto chosen = announced(statements, true)) return chosen;
    if (auto chosen = announced(statements, false)) return chosen;
    for (const Rule rule : {&Chooser::boxed, &Chooser::lone_line, &Chooser::leading, &Chooser::option_text, &Chooser::only_mention}) {
      if (auto chosen = (this->*rule)()) return chosen;
    }
    return std::nullopt;
  }

 private:
  static Chosen one(char letter, std::string_view from, std::string_view rule) { return {.letters = std::string(1, letter), .from = from, .rule = rule}; }

  // More than a start is not read: a letter further on belongs to the reasons. A list may go on behind the line.
  std::string_view window_from(std::string_view rest) const {
    return rest.empty() ? rest : text_.substr(static_cast<std::size_t>(rest.data() - text_.data()), kMaxStatementBytes);
  }

  std::optional<Chosen> tagged() {
    const auto tags = extract::tagged(text_, "answer");
    if (tags.empty()) return std::nullopt;
    if (auto chosen = tags.size() > 1 ? list_from(tags[tags.size() - 2], "tagged") : std::nullopt) return chosen;
    return whole_answer(trimmed(tags.back()), "tagged");
  }

  // "\\boxed{A} or \\boxed{B}" is one list, and so are tags and announcements: when more letters than one are read from
  // the place before the last one on.
  std::optional<Chosen> list_from(std::string_view earlier, std::string_view rule) const {
    std::size_t end = 0;
    std::string letters = read_letters(window_from(earlier), offered_.letters, several_, end);
    return letters.size() > 1 ? std::optional(Chosen{.letters = std::move(letters), .from = earlier, .rule = rule}) : std::nullopt;
  }

  // What a tag or box holds: letters, or the text of an option.
  std::optional<Chosen> whole_answer(std::string_view content, std::string_view rule) const {
    std::size_t end = 0;
    std::string letters = read_letters(content.substr(0, kMaxStatementBytes), offered_.letters, several_, end);
    if (!letters.empty() && ends_there(content, end)) return Chosen{.letters = std::move(letters), .from = content, .rule = rule};
    const char letter = text_letter(content);
    return letter ? std::optional(one(letter, content, rule)) : std::nullopt;
  }

  std::optional<Chosen> announced(const std::vector<Statement>& statements, bool is_final) {
    const std::string_view rule = is_final ? "final answer" : "announced";
    for (auto statement = statements.rbegin(); statement != statements.rend(); ++statement) {
      if (statement->is_final != is_final) continue;
      std::size_t end = 0;
      const auto earlier = std::next(statement);
      const bool is_near = earlier != statements.rend() && statement->offset - earlier->offset <= kMaxNearBytes;
      if (auto chosen = is_near ? list_from(earlier->rest, rule) : std::nullopt) return chosen;
      std::string letters = read_letters(window_from(statement->rest), offered_.letters, several_, end);
      if (!letters.empty()) return Chosen{.letters = std::move(letters), .from = statement->rest, .rule = rule};
      if (const char letter = text_letter(statement->rest)) return one(letter, statement->rest, rule);
    }
    return std::nullopt;
  }

  std::optional<Chosen> boxed() {
    const auto boxes = extract::boxes(text_);
    for (auto box = boxes.rbegin(); box != boxes.rend(); ++box) {
      if (auto chosen = std::next(box) != boxes.rend() ? list_from(std::next(box)->content, "boxed") : std::nullopt) return chosen;
      if (auto chosen = whole_answer(box->content, "boxed")) return chosen;
    }
    return std::nullopt;
  }

  // "B", "(B) 12" and "B. 12", but not "B x" or "A \cup B".
  static bool ends_there(std::string_view content, std::size_t end) {
    const std::string_view behind = trimmed(content.substr(end));
    return behind.empty() || content[end - 1] == ')' || std::string_view(".):,").find(behind[0]) != std::string_view::npos;
  }

  // "D", "(D)", "**D.**"
  char letter_alone(std::string_view line) const {
    line = extract::undecorated(line.size() > kMaxStatementBytes ? std::string_view() : line);
    if (line.size() == 3 && line.front() == '(' && line.back() == ')') line = line.substr(1, 1);
    if (line.size() == 2 && (line.back() == ')' || line.back() == ':')) line.remove_suffix(1);
    const char letter = line.size() == 1 ? extract::to_upper(line[0]) : '\0';
    return letter != '\0' && offered_.letters.find(letter) != std::string::npos ? letter : '\0';
  }

  // The last line or the first, unless its neighbour is another letter: then it is a list.
  std::optional<Chosen> lone_line() {
    const std::string_view whole = trimmed(text_);
    const std::size_t last_break = whole.rfind('\n');
    if (last_break == std::string_view::npos) return alone(whole, {});
    const std::string_view before = trimmed(whole.substr(0, last_break));
    if (auto chosen = alone(whole.substr(last_break + 1), before.substr(before.rfind('\n') + 1))) return chosen;
    const std::size_t first_break = whole.find('\n');
    const std::string_view behind = trimmed(whole.substr(first_break));
    return alone(whole.substr(0, first_break), behind.substr(0, behind.find('\n')));
  }

  std::optional<Chosen> alone(std::string_view line, std::string_view neighbour) const {
    const char letter = letter_alone(line);
    const char other = letter_alone(neighbour);
    const bool is_list = other != '\0' && other != letter;
    return letter == '\0' || is_list ? std::nullopt : std::optional(one(letter, line, "lone line"));
  }

  // The letter that begins a line as an option's does: "D. it cannot be A".
  char line_letter(std::string_view line) const {
    line = trimmed(line);
    std::size_t at = std::min(line.find_first_not_of("*(_"), line.size());
    if (at >= line.size() || offered_.letters.find(line[at]) == std::string::npos) return 0;
    const std::size_t behind = at + 1;
    return behind < line.size() && std::string_view(".):*").find(line[behind]) != std::string_view::npos ? line[at] : '\0';
  }

  // A letter of the line that is not `first`, and not denied: "D. it can't be A or B" is D.
  bool names_another(std::string_view line, char first) const {
    std::optional<std::size_t> denied_end;
    for (std::size_t at = 0; at < line.size(); ++at) {
      if (!lone_letter(line, at, offered_.letters)) continue;
      const std::string_view link = denied_end ? trimmed(line.substr(*denied_end, at - *denied_end)) : std::string_view();
      const bool goes_on = link == "or" || link == "nor" || link == "and" || link == "," || link == ", or" || link == ", nor";
      const bool is_denied = negated(line, at) || denied(line, at + 1) || goes_on;
      if (line[at] != first && !is_denied) return true;
      denied_end = is_denied ? std::optional(at + 1) : std::nullopt;
    }
    return false;
  }

  // Only when no other line begins with another letter, and none stands in the line: a list of the options chooses none.
  std::optional<Chosen> leading() {
    const std::string_view whole = trimmed(text_);
    const std::string_view line = whole.substr(0, std::min(whole.find('\n'), kMaxStatementBytes));
    const char first = line_letter(line);
    if (first == '\0' || names_another(line, first)) return std::nullopt;
    for (std::size_t at = whole.find('\n'); at != std::string_view::npos; at = whole.find('\n', at + 1)) {
      const char other = line_letter(whole.substr(at + 1, 8));
      if (other != '\0' && other != first) return std::nullopt;
    }
    return one(first, whole.substr(0, whole.find('\n')), "leading");
  }

  std::optional<Chosen> option_text() {
    const char letter = text_letter(text_);
    return letter ? std::optional(one(letter, trimmed(text_), "option text")) : std::nullopt;
  }

  char text_letter(std::string_view text) const {
    // Folding costs as much as the text is long, and no option is as long as a whole reply.
    return text.size() > kMaxOptionBytes ? '\0' : letter_of_text(text, offered_);
  }

  // "Because B is valid", but not "Vitamin C": the words beside the letter are those of an answer.
  static bool is_beside_answer_words(std::string_view before, std::string_view behind) {
    constexpr std::string_view kBefore[] = {"because", "option", "choice", "letter", "definitely", "probably", "likely", "is",   "be",    "it's", "choose",
                                            "pick",    "select", "say",    "think",  "therefore",  "thus",     "so",     "guess", "only", "correct", "answer"};
    constexpr std::string_view kBehind[] = {"is", "because", "since", "as", "of", "fits", "works", "seems", "obviously", "clearly", "definitely", "probably", "for"};
    const auto is_any = [](const std::vector<std::string_view>& words, std::string_view word, std::span<const std::string_view> allowed) {
      const bool without_blanks = !word.empty() && static_cast<unsigned char>(word[0]) >= 0xE0;  // Chinese writes no blanks between words
      return words.empty() || without_blanks || std::ranges::any_of(allowed, [&](std::string_view a) { return a.size() == word.size() && extract::has_at(word, 0, a); });
    };
    const auto words_before = words_of(before);
    const auto words_behind = words_of(behind);
    return is_any(words_before, words_before.empty() ? "" : words_before.back(), kBefore) && is_any(words_behind, words_behind.empty() ? "" : words_behind.front(), kBehind);
  }

  static std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    const auto is_part = [](char c) { return extract::is_word(c) || c == '\''; };
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (!is_part(text[at])) continue;
      std::size_t end = at;
      while (end < text.size() && is_part(text[end])) ++end;
      words.push_back(text.substr(at, end - at));
      at = end;
    }
    return words;
  }

  std::optional<Chosen> only_mention() {
    if (text_.size() > kMaxMentionBytes) return std::nullopt;
    const std::vector<std::string_view> words = words_of(text_);
    if (words.size() > kMaxMentionWords || std::ranges::any_of(words, is_denial)) return std::nullopt;
    std::optional<std::size_t> found;
    for (std::size_t at = 0; at < text_.size(); ++at) {
      if (!lone_letter(text_, at, offered_.letters) || negated(text_, at)) continue;
      if (found && text_[*found] != text_[at]) return std::nullopt;
      found = at;
    }
    if (!found || !is_beside_answer_words(text_.substr(0, *found), text_.substr(*found + 1))) return std::nullopt;
    return one(text_[*found], text_.substr(*found, 1), "only mention");
  }

  static constexpr std::size_t kMaxStatementBytes = 256;
  static constexpr std::size_t kMaxNearBytes = 48;  ///< between two announcements that may be one list
  static constexpr std::size_t kMaxOptionBytes = 4096;
  static constexpr std::size_t kMaxMentionBytes = 200;
  static constexpr std::size_t kMaxMentionWords = 4;

  std::string_view text_;
  const Offered& offered_;
  bool several_;
};

// What stands before the next question that a model asks itself when it does not know where to stop.
std::string_view before_invented_question(std::string_view reply) {
  const std::size_t at = reply.find("\nQuestion:");
  return at == std::string_view::npos || trimmed(reply.substr(0, at)).empty() ? reply : reply.substr(0, at);
}

}  // namespace

std::optional<Chosen> chosen_of(std::string_view reply, const Offered& offered, bool several) {
  const std::string_view head = before_invented_question(reply);
  auto chosen = Chooser(head, offered, several).run();
  if (chosen || head.size() == reply.size()) return chosen;
  return Chooser(reply, offered, several).run();
}

std::string_view stated(std::string_view reply) {
  const std::vector<Statement> statements = statements_of(reply);
  return statements.empty() ? trimmed(reply) : statements.back().rest;
}

}  // namespace xrouter::grade::choice
