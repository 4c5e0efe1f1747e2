#include "xrouter/trainer/grading.hpp"

#include "xrouter/base/rng.hpp"

namespace xrouter::trainer {
namespace {

using rollout::Graded;
using rollout::Verdict;

constexpr int kTries = 2;
constexpr std::string_view kLabelsOnly = "recorded_label_only";

Graded verdict_of(bool right, double score) { return {.verdict = right ? Verdict::right : Verdict::wrong, .score = score}; }

Graded by_label(const corpus::Record& record, std::string_view answer) {
  for (const corpus::RecordedOutcome& outcome : record.outcomes)
    if (outcome.response == answer) return verdict_of(outcome.correct, outcome.correct ? 1 : 0);
  return {};
}

}  // namespace

Result<const grade::Grader*> AnswerGrading::grader_for(const std::string& name) {
  if (const auto found = graders_.find(name); found != graders_.end()) return found->second.get();
  auto made = registry_.grader_for(name, grade::strict());
  if (!made) return fail(made.error());
  return graders_.emplace(name, std::move(*made)).first->second.get();
}

Result<void> AnswerGrading::add(const corpus::Record& record) {
  const corpus::Question& question = record.question;
  if (exams_.contains(question.qid)) return {};
  Exam exam{.record = &record, .gold = {}, .extra = {}};
  if (question.grader != kLabelsOnly) {
    const auto grader = grader_for(question.grader);
    auto gold = grade::parse_json(ground_truth_json(question));
    auto extra = grade::parse_json(grader_extra_json(question));
    if (!grader) return fail(ErrorKind::config, "question " + question.qid + ": " + grader.error().public_text);
    if (!gold || !extra) return fail(ErrorKind::config, "question " + question.qid + ": " + (gold ? extra : gold).error().public_text);
    if (auto valid = (*grader)->validate(*gold, *extra); !valid)
      return fail(ErrorKind::config, "question " + question.qid + ": bad ground truth: " + valid.error().public_text);
    exam.grader = *grader;
    exam.gold = std::move(*gold);
    exam.extra = std::move(*extra);
  }
  exams_.emplace(question.qid, std::move(exam));
  return {};
}

Graded AnswerGrading::grade_now(Exam& exam, std::string_view answer) {
  if (exam.grader == nullptr) return by_label(*exam.record, answer);
  const grade::GradeRequest request{
      .data_source = exam.record->question.grader, .response = answer, .ground_truth = exam.gold, .extra = exam.extra, .seed = 0};
  for (int tries = 0; tries < kTries; ++tries) {
    grade::GradeContext context;
    const grade::GradeResult result = exam.grader->grade(request, context);
    if (grade::is_scored(result.status)) return verdict_of(result.correct, result.score);
    ++failures_;
  }
  return {};
}

Graded AnswerGrading::grade(const corpus::Question& question, std::string_view answer) {
  const auto found = exams_.find(question.qid);
  if (found == exams_.end()) return ++failures_, Graded{};
  Exam& exam = found->second;
  const std::uint64_t key = fnv1a64(answer, fnv1a64("answer", answer.size()));
  if (const auto known = exam.known.find(key); known != exam.known.end()) return known->second;
  const Graded graded = grade_now(exam, answer);
  // What failed today may be judged tomorrow.
  if (graded.verdict != Verdict::unscored) exam.known.emplace(key, graded);
  return graded;
}

}  // namespace xrouter::trainer
