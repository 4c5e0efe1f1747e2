#include "xrouter/eval/figures/samples.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace xrouter::eval {

std::vector<const SampleRecord*> SystemSamples::all() const {
  std::vector<const SampleRecord*> out;
  for (const auto& samples : by_question) out.insert(out.end(), samples.begin(), samples.end());
  return out;
}

std::size_t SystemSamples::asked() const {
  return static_cast<std::size_t>(
      std::count_if(by_question.begin(), by_question.end(), [](const auto& samples) { return !samples.empty(); }));
}

std::vector<TaskSamples> arrange(const RunData& data) {
  const QuestionSet& set = data.questions;
  std::vector<TaskSamples> tasks(set.benchmarks.size());
  std::vector<std::unordered_map<std::string, std::size_t>> places(set.benchmarks.size());
  std::vector<std::map<std::string, std::size_t>> clusters(set.benchmarks.size());
  std::unordered_map<std::string, std::size_t> task_of;
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    tasks[t].task = t;
    task_of[set.benchmarks[t].spec.name] = t;
  }
  for (std::size_t q = 0; q < set.questions.size(); ++q) {
    const Question& question = set.questions[q];
    TaskSamples& task = tasks[question.task];
    places[question.task][question.qid] = task.questions.size();
    task.questions.push_back(q);
    auto& numbers = clusters[question.task];
    task.clusters.push_back(numbers.try_emplace(question.cluster, numbers.size()).first->second);
  }
  std::unordered_map<std::string, std::size_t> system_of;
  for (std::size_t s = 0; s < data.systems.size(); ++s) system_of[data.systems[s].id] = s;
  std::vector<std::map<std::size_t, SystemSamples>> found(tasks.size());
  for (const SampleRecord& record : data.records) {
    const auto task = task_of.find(record.task);
    const auto system = system_of.find(record.system);
    if (task == task_of.end() || system == system_of.end()) continue;
    const auto place = places[task->second].find(record.qid);
    if (place == places[task->second].end()) continue;
    SystemSamples& samples = found[task->second][system->second];
    samples.system = system->second;
    samples.by_question.resize(tasks[task->second].questions.size());
    samples.by_question[place->second].push_back(&record);
  }
  for (std::size_t t = 0; t < tasks.size(); ++t)
    for (auto& [system, samples] : found[t]) {
      for (auto& rollouts : samples.by_question)
        std::sort(rollouts.begin(), rollouts.end(), [](const SampleRecord* a, const SampleRecord* b) { return a->rollout < b->rollout; });
      tasks[t].systems.push_back(std::move(samples));
    }
  return tasks;
}

std::optional<double> mean_score(const std::vector<const SampleRecord*>& samples) {
  double sum = 0;
  int count = 0;
  for (const SampleRecord* sample : samples) {
    if (!sample->grade.scored()) continue;
    sum += sample->grade.score;
    ++count;
  }
  return count == 0 ? std::nullopt : std::optional(sum / count);
}

double mean_cost_usd(const std::vector<const SampleRecord*>& samples) {
  Usd sum;
  for (const SampleRecord* sample : samples) sum += sample->cost.known;
  return sum.to_double() / static_cast<double>(samples.size());
}

}  // namespace xrouter::eval
