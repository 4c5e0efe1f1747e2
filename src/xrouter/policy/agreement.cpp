#include "xrouter/policy/agreement.hpp"

#include <algorithm>
#include <optional>

namespace xrouter::policy {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool digit(char c) { return c >= '0' && c <= '9'; }

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string_view line_at(std::string_view text, std::size_t begin) { return text.substr(begin, text.find_first_of("\r\n", begin) - begin); }

/// A JSON string or bare value at the start of `text`; nullopt when it is neither.
std::optional<std::string_view> json_scalar(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return std::nullopt;
  if (text.front() != '"') return trimmed(text.substr(0, text.find_first_of(",}\r\n")));
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      return text.substr(1, i - 1);
  }
  return std::nullopt;
}

std::optional<std::string_view> json_answer(std::string_view text) {
  constexpr std::string_view kKey = "\"answer\"";
  const std::size_t at = text.rfind(kKey);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view behind = trimmed(text.substr(at + kKey.size()));
  if (behind.empty() || behind.front() != ':') return std::nullopt;
  return json_scalar(behind.substr(1));
}

// "the answer is (B). Because ..." ends at the sentence, "3.5" does not.
std::string_view first_sentence(std::string_view line) {
  for (std::size_t i = 0; i + 1 < line.size(); ++i)
    if (line[i] == '.' && kBlanks.find(line[i + 1]) != std::string_view::npos) return line.substr(0, i);
  return line;
}

std::optional<std::string_view> boxed_answer(std::string_view text) {
  constexpr std::string_view kBoxed = "\\boxed{";
  const std::size_t at = text.rfind(kBoxed);
  if (at == std::string_view::npos) return std::nullopt;
  int depth = 1;
  for (std::size_t i = at + kBoxed.size(); i < text.size(); ++i) {
    if (text[i] == '{') ++depth;
    if (text[i] == '}' && --depth == 0) return text.substr(at + kBoxed.size(), i - at - kBoxed.size());
  }
  return std::nullopt;
}

bool letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

std::string_view without_dressing(std::string_view text) {
  for (bool again = true; again;) {
    again = false;
    for (std::string_view dress : {" ", "*", "$", ":", "\\(", "\\[", "\\text{", "\\textbf{", "\\mathrm{", "option ", "Option ", "choice ", "Choice "}) {
      if (text.substr(0, dress.size()) != dress) continue;
      text.remove_prefix(dress.size());
      again = true;
    }
  }
  return text;
}

/// The letter of "(B) because ..." and of "B) ...": with it an option is named, and models put different words behind it.
std::optional<std::string_view> leading_option(std::string_view found) {
  found = without_dressing(found);
  if (found.size() >= 3 && found[0] == '(' && letter(found[1]) && found[2] == ')') return found.substr(1, 1);
  const bool marked = found.size() >= 2 && found[0] >= 'A' && found[0] <= 'Z' && (found[1] == ')' || found[1] == ':' || found[1] == '}');
  return marked ? std::optional(found.substr(0, 1)) : std::nullopt;
}

std::string_view option_or_whole(std::string_view found) { return leading_option(found).value_or(found); }

std::optional<std::string_view> boxed_option(std::string_view text) {
  const auto boxed = boxed_answer(text);
  return boxed ? std::optional(option_or_whole(*boxed)) : std::nullopt;
}

/// Of the first line from `begin` on that says something: "The answer is:" may end its line.
std::string_view said_behind(std::string_view text, std::size_t begin) {
  const std::size_t first = text.find_first_not_of(" \t\r\n:*", begin);
  return first == std::string_view::npos ? std::string_view() : trimmed(line_at(text, first));
}

std::optional<std::string_view> phrased_answer(std::string_view text) {
  const std::string low = lowered(text);
  std::size_t best = std::string::npos;
  for (std::string_view phrase : {"answer is", "answer:"}) {
    const std::size_t at = low.rfind(phrase);
    if (at == std::string::npos) continue;
    const std::size_t end = at + phrase.size();
    if (best == std::string::npos || end > best) best = end;
  }
  if (best == std::string::npos) return std::nullopt;
  const std::string_view found = said_behind(text, best);
  if (const auto boxed = boxed_option(found)) return boxed;
  if (const auto option = leading_option(found)) return option;
  return first_sentence(found);
}

std::string_view last_line(std::string_view text) {
  text = trimmed(text);
  const std::size_t end = text.find_last_of("\r\n");
  return end == std::string_view::npos ? text : text.substr(end + 1);
}

std::optional<std::string_view> last_number(std::string_view line) {
  std::size_t end = line.size();
  while (end > 0 && !digit(line[end - 1])) --end;
  if (end == 0) return std::nullopt;
  std::size_t begin = end;
  const auto inside = [&](char c) { return digit(c) || c == '.' || c == ','; };
  while (begin > 0 && inside(line[begin - 1])) --begin;
  while (!digit(line[begin])) ++begin;
  if (begin > 0 && line[begin - 1] == '-') --begin;
  return line.substr(begin, end - begin);
}

/// The last "(E)" or "option E" of a line.
std::optional<std::string_view> last_option(std::string_view line) {
  for (std::size_t i = line.size(); i-- > 0;) {
    if (line[i] < 'A' || line[i] > 'J') continue;
    const std::string_view before = line.substr(0, i), behind = line.substr(i + 1);
    const bool bracketed = !before.empty() && before.back() == '(' && !behind.empty() && behind.front() == ')';
    const bool named = before.size() >= 7 && lowered(before.substr(before.size() - 7)) == "option " && (behind.empty() || !letter(behind.front()));
    if (bracketed || named) return line.substr(i, 1);
  }
  return std::nullopt;
}

bool is_number(std::string_view text) {
  if (!text.empty() && text.front() == '-') text.remove_prefix(1);
  const auto dots = std::count(text.begin(), text.end(), '.');
  return !text.empty() && dots <= 1 && digit(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return digit(c) || c == '.'; });
}

std::string without_trailing_zeros(std::string number) {
  if (number.find('.') == std::string::npos) return number;
  while (number.back() == '0') number.pop_back();
  if (number.back() == '.') number.pop_back();
  return number;
}

bool enclosed(std::string_view text) {
  if (text.size() < 2) return false;
  const std::string_view pair[] = {"()", "[]", "{}", "\"\"", "''", "``"};
  return std::any_of(std::begin(pair), std::end(pair), [&](std::string_view p) { return text.front() == p[0] && text.back() == p[1]; });
}

std::string normalised(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (kBlanks.find(c) != std::string_view::npos || c == '$' || c == '%' || c == '*') continue;
    out += lower(c);
  }
  for (bool again = true; again;) {
    again = false;
    if (!out.empty() && out.back() == '.') out.pop_back(), again = true;
    if (enclosed(out)) out = out.substr(1, out.size() - 2), again = true;
  }
  std::string plain = out;
  plain.erase(std::remove(plain.begin(), plain.end(), ','), plain.end());
  return is_number(plain) ? without_trailing_zeros(std::move(plain)) : out;
}

}  // namespace

FinalAnswer find_final_answer(std::string_view reply) {
  const auto found_by = [](AnswerRule rule, std::optional<std::string_view> found) {
    return FinalAnswer{.text = found ? normalised(*found) : std::string(), .rule = rule};
  };
  FinalAnswer answer = found_by(AnswerRule::json_member, json_answer(reply));
  if (answer.text.empty()) answer = found_by(AnswerRule::phrase, phrased_answer(reply));
  if (answer.text.empty()) answer = found_by(AnswerRule::boxed, boxed_option(reply));
  if (answer.text.empty()) answer = found_by(AnswerRule::option, last_option(last_line(reply)));
  if (answer.text.empty()) answer = found_by(AnswerRule::last_number, last_number(last_line(reply)));
  if (answer.text.empty()) answer = found_by(AnswerRule::whole_text, reply);
  return answer;
}

std::string final_answer(std::string_view reply) { return find_final_answer(reply).text; }

bool asks_for_an_answer(std::string_view text) {
  constexpr std::string_view kWord = "answer";
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
  return std::search(text.begin(), text.end(), kWord.begin(), kWord.end(), same) != text.end();
}

std::string stated_answer(std::string_view reply, bool one_answer_wanted) {
  FinalAnswer found = find_final_answer(reply);
  const bool at_the_end = found.rule == AnswerRule::option || found.rule == AnswerRule::last_number;
  const bool states = at_the_end ? one_answer_wanted : found.rule != AnswerRule::whole_text;
  return states ? std::move(found.text) : std::string();
}

bool agree(std::string_view left, std::string_view right) {
  const std::string answer = final_answer(left);
  return !answer.empty() && answer == final_answer(right);
}

}  // namespace xrouter::policy
