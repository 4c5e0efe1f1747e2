// LiveBench, language: sentences in order, typing errors, groups of words.
#include <algorithm>
#include <numeric>
#include <optional>
#include <set>

#include "xrouter/grade/live/difflib.hpp"
#include "xrouter/grade/live/task.hpp"

namespace xrouter::grade::live {
namespace {

using follow::split;
using follow::stripped;

constexpr std::size_t kMaxPlot = 200'000;  // characters of a reply

std::size_t edit_distance(std::span<const std::size_t> a, std::span<const std::size_t> b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = a[i] == b[j] ? diagonal : 1 + std::min({diagonal, above, row[j]});
      diagonal = above;
    }
  }
  return row.back();
}

TextView plot_of(TextView reply) {
  constexpr TextView kOpen = U"<PLOT_SUMMARY>";
  const std::size_t open = reply.find(kOpen);
  if (open == TextView::npos) return reply;
  const TextView rest = reply.substr(open + kOpen.size());
  return rest.substr(0, rest.rfind(U"</PLOT_SUMMARY>"));
}

std::vector<TextView> plot_sentences(TextView text) {
  std::vector<TextView> out;
  for (const TextView piece : split(text, U".")) {
    const TextView sentence = stripped(piece);
    if (!sentence.empty() && sentence != U"</PLOT_SUMMARY>" && sentence != U"**End of Plot Summary**") out.push_back(sentence);
  }
  return out;
}

// Where the most alike sentences of the reply stand, compared with the right order.
Verdict plot_unscrambling(const Question& question, TextView reply) {
  if (reply.size() > kMaxPlot) return not_scored(GradeStatus::answer_limit);
  const auto gold = plot_sentences(question.gold);
  const auto given = plot_sentences(plot_of(reply));
  const std::size_t least = question.bug_compat ? 1 : 2;  // a single sentence is in order whatever the reply
  if (gold.size() < least) return not_scored(GradeStatus::target_error);
  if (given.empty()) return not_scored(GradeStatus::no_answer);
  Steps steps;
  std::vector<std::size_t> order;
  for (const TextView sentence : gold) {
    const auto best = closest(sentence, given, steps);
    if (!best) return not_scored(GradeStatus::answer_timeout);
    order.push_back(*best);
  }
  std::vector<std::size_t> right(gold.size());
  std::iota(right.begin(), right.end(), std::size_t{0});
  return scored(1 - static_cast<double>(edit_distance(right, order)) / static_cast<double>(gold.size()), {});
}

// Between " --- " and " --- ", as late as possible in the first line that has both.
std::optional<TextView> between_dashes(TextView text) {
  constexpr TextView kDashes = U" --- ";
  for (const TextView line : split(text, U"\n")) {
    const std::size_t close = line.rfind(kDashes);
    if (close == TextView::npos || close < kDashes.size()) continue;
    const std::size_t open = line.rfind(kDashes, close - kDashes.size());
    if (open == TextView::npos) continue;
    const std::size_t begin = open + kDashes.size();
    return line.substr(begin, line.find(kDashes, begin) - begin);
  }
  return std::nullopt;
}

Text one_line(TextView text) {
  Text out;
  for (const TextView line : split(stripped(text), U"\n"))
    if (!line.empty()) out.append(out.empty() ? U"" : U" ").append(line);
  return out;
}

Verdict typos(const Question& question, TextView reply) {
  const auto solutions = between(reply, U"<solution>", U"</solution>", Lines::one);
  const Text untagged = without_parts(reply, {U"<solution>", U"</solution>"});
  const TextView found = solutions.empty() ? between_dashes(untagged).value_or(untagged) : solutions.back();
  const Text answer = one_line(found);
  return scored(follow::contains(answer, question.gold) ? 1 : 0, answer);
}

using Group = std::set<Text>;

std::vector<Group> groups_of_four(const std::vector<TextView>& words) {
  std::vector<Group> out(1);
  for (const TextView word : words) {
    if (out.back().size() == 4) out.emplace_back();
    out.back().insert(follow::lowered(stripped(word)));
  }
  return out;
}

double share_of(std::size_t found, std::size_t total) { return static_cast<double>(found) / static_cast<double>(total); }

// What the seed takes for the answer is the best bold part. Here it is the longest (of those the last) that does not
// list more words than there are: a list of every possible group answers nothing.
std::vector<TextView> answering_parts(const std::vector<TextView>& bold, std::size_t most_words) {
  std::vector<TextView> longest;
  std::size_t length = 0;
  for (const TextView part : bold) {
    const std::size_t words = split(part, U",").size();
    if (words > most_words || words < length) continue;
    longest = {part};
    length = words;
  }
  return longest;
}

Verdict connections_old(const Question& question, TextView reply) {
  const Text flat = follow::replaced(reply, U"\n", U"");
  const auto bold = between(flat, U"**", U"**", Lines::any);
  if (bold.empty()) return not_scored(GradeStatus::no_answer);
  const auto gold = groups_of_four(split(question.gold, U","));
  std::size_t best = 0;
  TextView best_part = bold.back();
  for (const TextView part : question.bug_compat ? bold : answering_parts(bold, split(question.gold, U",").size())) {
    const auto given = groups_of_four(split(part, U","));
    const auto covered = [&](const Group& wanted) {
      return std::ranges::any_of(given, [&](const Group& group) { return std::ranges::includes(group, wanted); });
    };
    const auto found = static_cast<std::size_t>(std::ranges::count_if(gold, covered));
    if (found > best) best = found, best_part = part;
  }
  return scored(share_of(best, gold.size()), best_part);
}

// The words of all solutions, the last ones first.
Verdict connections_new(const Question& question, TextView reply) {
  const Text flat = follow::replaced(reply, U"\n", U"");
  auto solutions = between(flat, U"<solution>", U"</solution>", Lines::any);
  if (solutions.empty()) solutions = between(flat, U"</solution>", U"</solution>", Lines::any);
  const SeedBox box = solutions.empty() ? seed_box(flat) : SeedBox{};
  const Text boxed = without_parts(box.content, {U"\\text{", U"}", U"\\"});
  if (box.state == SeedBox::State::found) solutions.push_back(boxed);
  if (solutions.empty()) return not_scored(GradeStatus::no_answer);
  const auto wanted = split(question.gold, U",");
  std::vector<TextView> words;
  for (const TextView solution : solutions)
    for (const TextView word : split(solution, U",")) words.push_back(word);
  if (words.size() > wanted.size())
    words.erase(words.begin(), words.end() - static_cast<std::ptrdiff_t>(wanted.size()));
  const auto gold = groups_of_four(wanted);
  std::set<Group> found;
  for (const Group& group : groups_of_four(words))
    if (std::ranges::find(gold, group) != gold.end()) found.insert(group);
  return scored(share_of(found.size(), gold.size()), solutions.back());
}

Verdict connections(const Question& question, TextView reply) {
  return question.old_rules ? connections_old(question, reply) : connections_new(question, reply);
}

constexpr Task kTasks[] = {{"plot_unscrambling", plot_unscrambling}, {"typos", typos}, {"connections", connections}};

}  // namespace

std::span<const Task> language_tasks() { return kTasks; }

}  // namespace xrouter::grade::live
