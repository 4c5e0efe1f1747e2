#include "xrouter/eval/run/grading.hpp"

#include <map>

#include "xrouter/base/rng.hpp"
#include "xrouter/eval/hex.hpp"
#include "xrouter/eval/load/line_fields.hpp"
#include "xrouter/json/parse.hpp"

namespace xrouter::eval {
namespace {

GradeSample sample_of(grade::GradeResult result, const std::string& grader) {
  GradeSample out;
  out.status = result.status;
  out.score = grade::is_scored(result.status) ? result.score : 0;
  out.correct = result.correct;
  out.extracted = std::move(result.extracted);
  out.normalized = std::move(result.normalized);
  out.reason = std::move(result.reason);
  out.parts = std::move(result.parts);
  out.trusted = result.trust == grade::Trust::full;
  out.grader = grader;
  return out;
}

std::string gold_reply(const BenchmarkSpec& spec, const Question& question) {
  const std::string gold = text_of_value(question.gold);
  if (spec.gold_reply.empty()) return gold;
  Blanks blanks{{"gold", gold}, {"gold_json", json::quote(gold)}};
  if (const grade::Value::Dict* extra = question.extra.if_dict())
    for (const auto& [name, value] : extra->items)
      if (name.if_string()) blanks.emplace_back(*name.if_string(), text_of_value(value));
  return fill_in(spec.gold_reply, blanks);
}

// Of golds that are programs only every so-manieth is run: each takes a tenth of a second.
constexpr std::size_t kRunEvery = 20;

bool cannot_be_checked(grade::GradeStatus status) {
  return status == grade::GradeStatus::unsupported || status == grade::GradeStatus::infrastructure_error ||
         status == grade::GradeStatus::cancelled;
}

}  // namespace

Result<std::unique_ptr<Grading>> Grading::make(const QuestionSet& set, const grade::Registry& registry, const grade::Dialect& dialect) {
  std::unique_ptr<Grading> out(new Grading(set));
  std::map<std::pair<std::string, std::string>, std::size_t> known;
  for (const Question& question : set.questions) {
    const BenchmarkSpec& spec = set.benchmarks[question.task].spec;
    const auto [it, fresh] = known.try_emplace({question.data_source, spec.dialect}, out->entries_.size());
    if (fresh) {
      const grade::Dialect used = spec.dialect.empty() ? dialect : grade::dialect_of(spec.dialect).value_or(dialect);
      auto grader = registry.grader_for(question.data_source, used);
      if (!grader) return fail(ErrorKind::config, "benchmark " + spec.name + ": " + grader.error().public_text);
      const grade::GraderInfo info = (*grader)->info();
      out->entries_.push_back({.grader = std::move(*grader), .info = info, .text = info.id.text()});
    }
    out->by_question_.push_back(it->second);
  }
  return out;
}

grade::GradeResult Grading::grade_now(std::size_t index, std::string_view response, std::uint64_t seed,
                                      grade::GradeContext& context) const {
  const Question& question = set_.questions[index];
  const grade::GradeRequest request{
      .data_source = question.data_source, .response = response, .ground_truth = question.gold, .extra = question.extra, .seed = seed};
  return entry_of(index).grader->grade(request, context);
}

GradeSample Grading::grade(std::size_t index, std::string_view response, std::uint64_t seed, grade::GradeContext& context) const {
  const Entry& entry = entry_of(index);
  const std::uint64_t key = fnv1a64(response, fnv1a64("grade", index * 0x9e3779b97f4a7c15ULL + response.size()));
  Shard& shard = shards_[key % kShards];
  if (entry.info.deterministic) {
    const std::lock_guard lock(shard.mutex);
    if (const auto it = shard.grades.find(key); it != shard.grades.end()) return it->second;
  }
  GradeSample sample = sample_of(grade_now(index, response, seed, context), entry.text);
  if (!entry.info.deterministic || !sample.scored()) return sample;
  const std::lock_guard lock(shard.mutex);
  shard.grades.try_emplace(key, sample);
  return sample;
}

std::vector<QuestionFault> Grading::check(grade::GradeContext& context) const {
  std::vector<QuestionFault> faults;
  for (std::size_t i = 0; i < set_.questions.size(); ++i) {
    const Question& question = set_.questions[i];
    const BenchmarkSpec& spec = set_.benchmarks[question.task].spec;
    if (auto valid = entry_of(i).grader->validate(question.gold, question.extra); !valid) {
      faults.push_back({i, "bad ground truth: " + valid.error().public_text});
      continue;
    }
    const grade::GradeResult empty = grade_now(i, "", 0, context);
    if (!cannot_be_checked(empty.status) && (!grade::is_scored(empty.status) || empty.score != 0))
      faults.push_back({i, "an empty reply does not score 0 (" + std::string(grade::to_text(empty.status)) + ")"});
    const bool is_sampled = !entry_of(i).info.needs_sandbox || i % kRunEvery == 0;
    if (!spec.check_gold || !is_sampled) continue;
    const std::string reply = gold_reply(spec, question);
    const grade::GradeResult gold = grade_now(i, reply, 0, context);
    if (!cannot_be_checked(gold.status) && (!grade::is_scored(gold.status) || gold.score != 1))
      faults.push_back({i, "the gold itself does not score 1: " + std::string(grade::to_text(gold.status)) +
                               (gold.reason.empty() ? "" : ", " + gold.reason)});
  }
  return faults;
}

}  // namespace xrouter::eval
