// LiveBench, reasoning: who lies, who lives where, shapes, and zebra puzzles.
#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "xrouter/grade/live/task.hpp"

namespace xrouter::grade::live {
namespace {

using follow::contains;
using follow::lowered;
using follow::stripped;

constexpr std::array<TextView, 3> kVerdicts{U"yes", U"no", U"unknown"};

bool is_verdict(TextView word) { return std::ranges::find(kVerdicts, word) != kVerdicts.end(); }

Text joined(std::span<const Text> words) {
  Text out;
  for (const Text& word : words) out.append(out.empty() ? U"" : U", ").append(word);
  return out;
}

std::vector<Text> verdict_words(TextView text) {
  std::vector<Text> out;
  const Text small = lowered(text);
  for (const TextView word : follow::words(small))
    if (is_verdict(word)) out.emplace_back(word);
  return out;
}

// The last three verdicts among the bold words.
std::optional<Text> bold_verdicts(TextView reply) {
  std::vector<Text> words;
  for (const TextView bold : between(reply, U"**", U"**", Lines::one))
    for (const TextView word : follow::blank_separated(bold)) words.push_back(without_parts(lowered(word), {U",", U"."}));
  std::erase_if(words, [](const Text& word) { return !is_verdict(word); });
  if (words.empty()) return std::nullopt;
  const std::size_t taken = std::min<std::size_t>(words.size(), 3);
  return joined(std::span(words).last(taken));
}

// Of the triples like "yes, no, unknown" the one whose first place is the last.
std::optional<Text> plain_verdicts(TextView reply) {
  const Text text = lowered(reply);
  std::optional<Text> last;
  std::size_t last_at = 0;
  for (std::size_t i = 0; i < 27; ++i) {
    const Text triple = Text(kVerdicts[i / 9]) + U", " + Text(kVerdicts[i / 3 % 3]) + U", " + Text(kVerdicts[i % 3]);
    const std::size_t at = text.find(triple);
    if (at == Text::npos || (last && at <= last_at)) continue;
    last = triple;
    last_at = at;
  }
  return last;
}

// The bold parts from the last one back, as far as they are needed for that many verdicts.
std::optional<Text> last_bold_verdicts(TextView reply, std::size_t wanted) {
  const auto parts = between(reply, U"**", U"**", Lines::one);
  std::vector<Text> words;
  for (auto part = parts.rbegin(); part != parts.rend() && words.size() < wanted; ++part) {
    const auto more = verdict_words(*part);
    words.insert(words.begin(), more.begin(), more.end());
  }
  return words.empty() ? std::nullopt : std::optional(joined(words));
}

// The last verdicts with nothing but commas, blanks and stars between them.
std::optional<Text> last_listed_verdicts(TextView reply) {
  const Text text = lowered(reply);
  std::vector<Text> words;
  std::size_t end = 0;
  for (const TextView word : follow::words(text)) {
    if (!is_verdict(word)) continue;
    const auto begin = static_cast<std::size_t>(word.data() - text.data());
    if (TextView(text).substr(end, begin - end).find_first_not_of(U" ,*") != TextView::npos) words.clear();
    words.emplace_back(word);
    end = begin + word.size();
  }
  return words.empty() ? std::nullopt : std::optional(joined(words));
}

struct Found {
  std::optional<Text> answer = {};
  bool broken = false;
};

// A solution tag, then bold words, a box, a plain triple.
/// `exactly`: how many verdicts there must be; 0 as the seed counts.
Found verdicts_of(TextView reply, bool with_bold, std::size_t exactly) {
  auto solutions = between(reply, U"<solution>", U"</solution>", Lines::one);
  if (solutions.empty() && with_bold) solutions = between(reply, U"</solution>", U"</solution>", Lines::one);
  Found found;
  if (!solutions.empty()) found.answer = Text(solutions.back());
  if (!found.answer && with_bold) found.answer = exactly > 0 ? last_bold_verdicts(reply, exactly) : bold_verdicts(reply);
  if (!found.answer || follow::is_blank(*found.answer)) {
    Text text = follow::replaced(reply, U"\\\\boxed{\\\\textbf{", U"\\\\boxed{");
    text = follow::replaced(text, U"\\\\fbox{", U"\\\\boxed{");
    const SeedBox box = seed_box(follow::replaced(text, U"\\textbf{", U"\\boxed{"));
    if (box.state == SeedBox::State::broken) return {.broken = true};
    if (box.state == SeedBox::State::found) found.answer = box.content;
  }
  if (!found.answer) found.answer = exactly > 0 ? last_listed_verdicts(reply) : plain_verdicts(reply);
  return found;
}

// The seed counts "no" in "unknown" too, so that a containing answer with an "unknown" never scores.
bool contains_as_seed(TextView answer, TextView gold) {
  std::size_t counted = 0;
  for (const TextView verdict : kVerdicts) counted += follow::count(answer, verdict);
  return counted == 3 && contains(answer, gold);
}

Verdict web_of_lies_v2(const Question& question, TextView reply) {
  const Text gold = lowered(question.gold);
  const auto wanted = verdict_words(gold);
  if (!question.bug_compat && wanted.empty()) return not_scored(GradeStatus::target_error);
  const Found found = verdicts_of(reply, true, question.bug_compat ? 0 : wanted.size());
  if (found.broken) return not_scored(GradeStatus::answer_parse_error);
  if (!found.answer) return not_scored(GradeStatus::no_answer);
  if (!question.bug_compat) return scored(verdict_words(*found.answer) == wanted ? 1 : 0, *found.answer);
  const bool right = !found.answer->empty() && (*found.answer == gold || contains_as_seed(*found.answer, gold));
  return scored(right ? 1 : 0, *found.answer);
}

double all_and_share(std::size_t right, std::size_t total) {
  return ((right == total ? 1.0 : 0.0) + static_cast<double>(right) / static_cast<double>(total)) / 2;
}

// The seed compares with the blanks around the commas.
Verdict web_of_lies_v3(const Question& question, TextView reply) {
  const Found found = verdicts_of(reply, false, 0);
  if (found.broken) return not_scored(GradeStatus::answer_parse_error);
  if (!found.answer) return not_scored(GradeStatus::no_answer);
  const auto gold = follow::split(question.gold, U",");
  const auto given = follow::split(*found.answer, U",");
  const auto same = [&](TextView a, TextView b) { return question.bug_compat ? a == b : lowered(stripped(a)) == lowered(stripped(b)); };
  std::size_t right = 0;
  for (std::size_t i = 0; i < std::min(gold.size(), given.size()); ++i) right += same(gold[i], given[i]) ? 1 : 0;
  return scored(all_and_share(right, gold.size()), *found.answer);
}

bool in_order(TextView text, std::span<const TextView> names) {
  std::optional<std::size_t> last;
  for (const TextView name : names) {
    const std::size_t at = text.find(name);
    if (at == TextView::npos || (last && at <= *last)) return false;
    last = at;
  }
  return true;
}

// The last bold parts are the names, or the very last one holds them in order.
Verdict house_traversal(const Question& question, TextView reply) {
  const Text text = lowered(reply);
  const auto bold = starred_parts(text);
  if (bold.empty()) return not_scored(GradeStatus::no_answer);
  const Text gold = lowered(question.gold);
  const auto names = follow::split(gold, U" ");
  const auto is_name = [&](const Bold& part, TextView name) { return part.text == name || part.stars == name; };
  const bool apart = bold.size() >= names.size() && std::equal(names.rbegin(), names.rend(), bold.rbegin(),
                                                               [&](TextView name, const Bold& part) { return is_name(part, name); });
  return scored(apart || in_order(bold.back().text, names) ? 1 : 0, bold.back().text);
}

// "two tetrahedra", but not "circle square triangle".
bool names_shape(TextView phrase, TextView gold) {
  static constexpr std::array<TextView, 4> kShapes{U"tetrahedra", U"tetrahedron", U"triangle", U"square"};
  return std::ranges::any_of(
      kShapes, [&](TextView shape) { return gold == shape && contains(phrase, shape) && phrase.size() < 2 * shape.size() + 5; });
}

bool is_number_word(TextView word, TextView digits) {
  static const std::map<TextView, TextView> kNumbers{
      {U"zero", U"0"},      {U"one", U"1"},       {U"two", U"2"},       {U"three", U"3"},    {U"four", U"4"},     {U"five", U"5"},
      {U"six", U"6"},       {U"seven", U"7"},     {U"eight", U"8"},     {U"nine", U"9"},     {U"ten", U"10"},     {U"eleven", U"11"},
      {U"twelve", U"12"},   {U"thirteen", U"13"}, {U"fourteen", U"14"}, {U"fifteen", U"15"}, {U"sixteen", U"16"}, {U"seventeen", U"17"},
      {U"eighteen", U"18"}, {U"nineteen", U"19"}, {U"twenty", U"20"}};
  const auto found = kNumbers.find(word);
  return found != kNumbers.end() && found->second == digits;
}

Verdict spatial(const Question& question, TextView reply) {
  if (reply == question.gold) return scored(1, reply);
  const Text gold = lowered(stripped(question.gold));
  const auto bold = plain_bold(reply);
  const std::size_t tries = question.bug_compat ? 3 : 1;
  for (std::size_t i = 0; i < std::min(bold.size(), tries); ++i) {
    const Text phrase = lowered(stripped(bold[bold.size() - 1 - i]));
    if (phrase == gold || is_number_word(phrase, gold) || names_shape(phrase, gold)) return scored(1, phrase);
  }
  const SeedBox box = box_or_fbox(reply);
  if (box.state == SeedBox::State::broken) return not_scored(GradeStatus::answer_parse_error);
  if (box.state == SeedBox::State::none) return bold.empty() ? not_scored(GradeStatus::no_answer) : scored(0, bold.back());
  const Text answer = without_parts(box.content, {U"\\textbf{", U"\\mathbf{", U"}"});
  const bool right = answer == question.gold || (!question.bug_compat && lowered(stripped(answer)) == gold);
  return scored(right ? 1 : 0, answer);
}

bool is_zebra_answer(TextView word, const Text& gold) {
  static constexpr std::array<TextView, 9> kDigits{U"one", U"two", U"three", U"four", U"five", U"six", U"seven", U"eight", U"nine"};
  const bool digit = word.size() == 1 && word[0] >= '1' && word[0] <= '9';
  return lowered(word) == gold || (digit && kDigits[word[0] - '1'] == gold) || lowered(word) + U" movies" == gold;
}

// ***word***, else the last word at all.
Verdict zebra_old(const Question& question, TextView reply) {
  TextView answer;
  for (std::size_t at = reply.find(U"***"); at != TextView::npos;) {
    std::size_t end = at + 3;
    while (end < reply.size() && follow::is_word(reply[end])) ++end;
    const bool closed = end > at + 3 && reply.substr(end).starts_with(U"***");
    if (closed) answer = reply.substr(at + 3, end - at - 3);
    at = reply.find(U"***", closed ? end + 3 : at + 1);
  }
  if (answer.empty()) {
    const auto words = follow::words(reply);
    if (words.empty()) return not_scored(GradeStatus::no_answer);
    answer = words.back();
  }
  return scored(is_zebra_answer(answer, lowered(question.gold)) ? 1 : 0, answer);
}

Text zebra_cell(TextView cell) { return follow::replaced(lowered(stripped(cell)), U"-", U" "); }

std::vector<TextView> last_cells(const std::vector<TextView>& solutions, std::size_t wanted) {
  std::vector<TextView> cells;
  for (const TextView solution : solutions)
    for (const TextView cell : follow::split(solution, U",")) cells.push_back(cell);
  if (solutions.size() > 1 && cells.size() > wanted) cells.erase(cells.begin(), cells.end() - static_cast<std::ptrdiff_t>(wanted));
  return cells;
}

// Several answers, separated by commas, in solution tags, a box or the last line.
Verdict zebra_new(const Question& question, TextView reply) {
  const auto gold = follow::split(question.gold, U",");
  auto solutions = between(reply, U"<solution>", U"</solution>", Lines::one);
  if (solutions.empty()) solutions = between(reply, U"</solution>", U"</solution>", Lines::one);
  const SeedBox box = solutions.empty() ? box_or_fbox(reply) : SeedBox{};
  const Text boxed = without_parts(box.content, {U"\\text{", U"}", U"\\"});
  if (box.state == SeedBox::State::found) solutions.push_back(boxed);
  const TextView last_line = follow::split(stripped(reply), U"\n").back();
  if (solutions.empty() && follow::count(last_line, U",") == gold.size() - 1) solutions.push_back(last_line);
  if (solutions.empty()) return not_scored(GradeStatus::no_answer);
  const auto given = last_cells(solutions, gold.size());
  if (given.size() > gold.size()) return scored(0, solutions.back());
  std::size_t right = 0;
  for (std::size_t i = 0; i < std::min(gold.size(), given.size()); ++i) {
    const Text wanted = zebra_cell(gold[i]);
    const Text cell = zebra_cell(given[i]);
    const bool same = cell == wanted || stripped(follow::replaced(cell, U"position", U"")) == wanted;
    right += !wanted.empty() && same ? 1 : 0;
  }
  return scored(all_and_share(right, gold.size()), solutions.back());
}

Verdict zebra_puzzle(const Question& question, TextView reply) {
  return question.old_rules ? zebra_old(question, reply) : zebra_new(question, reply);
}

constexpr Task kTasks[] = {{"web_of_lies_v2", web_of_lies_v2},
                           {"web_of_lies_v3", web_of_lies_v3},
                           {"house_traversal", house_traversal},
                           {"spatial", spatial},
                           {"zebra_puzzle", zebra_puzzle}};

}  // namespace

SeedBox box_or_fbox(TextView reply) { return seed_box(follow::replaced(reply, U"\\\\fbox{", U"\\\\boxed{")); }

std::span<const Task> reasoning_tasks() { return kTasks; }

}  // namespace xrouter::grade::live
