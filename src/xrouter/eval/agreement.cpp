#include "xrouter/eval/agreement.hpp"

#include <utility>

namespace xrouter::eval {
namespace {

using corpus::Question;
using corpus::RecordedOutcome;

// The parts of one question that its replies are graded with.
struct Exam {
  const Question& question;
  const grade::Grader& grader;
  grade::Value gold;
  grade::Value extra;
};

class Measure {
 public:
  Measure(const grade::Registry& registry, const AgreementOptions& options) : registry_(registry), options_(options) {}

  Result<void> add(const std::string& corpus, const corpus::Record& record) {
    const Question& question = record.question;
    if (question.grader == "recorded_label_only") return {};
    auto grader = grader_for(question.grader);
    if (!grader) return fail(grader.error());
    auto gold = grade::parse_json(ground_truth_json(question));
    auto extra = grade::parse_json(grader_extra_json(question));
    if (!gold || !extra) return fail(ErrorKind::config, question.qid + ": " + (gold ? extra : gold).error().public_text);
    const Exam exam{.question = question, .grader = **grader, .gold = std::move(*gold), .extra = std::move(*extra)};
    AgreementRow& row = row_of(corpus, question.source);
    for (const RecordedOutcome& outcome : record.outcomes) judge(exam, outcome, row);
    return {};
  }

  std::vector<AgreementRow> take() { return std::move(rows_); }

 private:
  Result<const grade::Grader*> grader_for(const std::string& name) {
    auto found = graders_.find(name);
    if (found != graders_.end()) return found->second.get();
    auto made = registry_.grader_for(name, options_.dialect);
    if (!made) return fail(made.error());
    return graders_.emplace(name, std::move(*made)).first->second.get();
  }

  AgreementRow& row_of(const std::string& corpus, const std::string& source) {
    for (AgreementRow& row : rows_) {
      if (row.corpus == corpus && row.source == source) return row;
    }
    rows_.push_back({.corpus = corpus, .source = source});
    return rows_.back();
  }

  void judge(const Exam& exam, const RecordedOutcome& outcome, AgreementRow& row) {
    const grade::GradeRequest request{.data_source = exam.question.grader, .response = outcome.response, .ground_truth = exam.gold, .extra = exam.extra};
    grade::GradeContext context;
    grade::GradeResult ours = exam.grader.grade(request, context);
    ++row.replies;
    ++row.statuses[ours.status];
    if (!is_scored(ours.status)) {
      ++row.unscored;
      return;
    }
    if (ours.correct == outcome.correct) {
      ++row.agree;
      return;
    }
    ++(ours.correct ? row.only_ours : row.only_label);
    if (!options_.on_difference) return;
    options_.on_difference({.qid = exam.question.qid, .model = outcome.model, .label = outcome.correct, .gold = exam.question.gold, .recorded_answer = outcome.answer.value_or(""), .response = outcome.response, .ours = std::move(ours)});
  }

  const grade::Registry& registry_;
  const AgreementOptions& options_;
  std::map<std::string, std::unique_ptr<grade::Grader>> graders_;
  std::vector<AgreementRow> rows_;
};

}  // namespace

Result<std::vector<AgreementRow>> measure_agreement(const corpus::Corpus& corpus, const grade::Registry& registry, const AgreementOptions& options) {
  Measure measure(registry, options);
  std::size_t done = 0;
  auto read = corpus.for_each([&](const corpus::Header& header, corpus::Record record) -> Result<void> {
    if (options.progress) options.progress(++done, corpus.size());
    return measure.add(header.corpus, record);
  });
  if (!read) return fail(read.error());
  return measure.take();
}

}  // namespace xrouter::eval
