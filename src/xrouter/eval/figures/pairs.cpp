#include "xrouter/eval/figures/pairs.hpp"

#include <map>

namespace xrouter::eval {
namespace {

std::size_t scored_questions(const SystemSamples& samples) {
  std::size_t count = 0;
  for (const auto& rollouts : samples.by_question) count += mean_score(rollouts) ? 1U : 0U;
  return count;
}

}  // namespace

Paired pair_up(const TaskSamples& task) {
  std::vector<std::size_t> members;
  for (std::size_t s = 0; s < task.systems.size(); ++s)
    if (2 * scored_questions(task.systems[s]) > task.questions.size()) members.push_back(s);
  std::vector<std::size_t> questions;
  std::vector<std::vector<double>> rows;
  for (std::size_t q = 0; q < task.questions.size() && !members.empty(); ++q) {
    std::vector<double> row;
    for (const std::size_t member : members) {
      const auto& rollouts = task.systems[member].by_question[q];
      const auto score = mean_score(rollouts);
      if (!score) break;
      row.push_back(*score);
      row.push_back(mean_cost_usd(rollouts));
    }
    if (row.size() != 2 * members.size()) continue;
    questions.push_back(q);
    rows.push_back(std::move(row));
  }
  Paired out{.members = members, .questions = questions, .clusters = {}, .table = stats::Table(rows.size(), 2 * members.size())};
  std::map<std::size_t, std::size_t> numbers;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    out.clusters.push_back(numbers.try_emplace(task.clusters[questions[r]], numbers.size()).first->second);
    for (std::size_t c = 0; c < rows[r].size(); ++c) out.table.at(r, c) = rows[r][c];
  }
  return out;
}

}  // namespace xrouter::eval
