#include "xrouter/rollout/teacher/outcome_table.hpp"

#include <algorithm>

#include "xrouter/base/assert.hpp"
#include "xrouter/corpus/text_key.hpp"
#include "xrouter/policy/agreement.hpp"
#include "xrouter/samples/corpus_names.hpp"

namespace xrouter::rollout {
namespace {

std::string name_of_kind(const corpus::Question& question) { return question.source + '/' + question.category; }

/// Up to `questions`, of which the new ones are not recorded.
void grow(ModelAnswers& answers, std::size_t questions) {
  answers.recorded.resize(questions);
  answers.right.resize(questions);
  answers.stated.resize(questions);
  answers.said.resize(questions, -1);
}

void append(Questions& to, const Questions& more) {
  for (std::size_t i = 0; i < more.size(); ++i) to.push_back(more[i]);
}

void append(ModelAnswers& to, const ModelAnswers& more) {
  append(to.recorded, more.recorded);
  append(to.right, more.right);
  append(to.stated, more.stated);
  to.said.insert(to.said.end(), more.said.begin(), more.said.end());
  to.used.prompt_tokens += more.used.prompt_tokens;
  to.used.completion_tokens += more.used.completion_tokens;
}

}  // namespace

Questions agreed(const ModelAnswers& a, const ModelAnswers& b) {
  XROUTER_ASSERT(a.said.size() == b.said.size(), "answers to the same questions");
  Questions both(a.said.size());
  for (std::size_t i = 0; i < a.said.size(); ++i) both[i] = a.said[i] >= 0 && a.said[i] == b.said[i];
  return both;
}

StatedAnswers::StatedAnswers(const corpus::Question& question) : one_answer_wanted_(policy::asks_for_an_answer(question.prompt)) {}

int StatedAnswers::number(std::string_view reply) {
  const std::string stated = policy::stated_answer(reply, one_answer_wanted_);
  shown_ = !stated.empty() && stated.size() <= policy::kLongestShownAnswer;
  if (stated.empty()) return -1;
  return numbers_.emplace(stated, static_cast<int>(numbers_.size())).first->second;
}

Result<std::shared_ptr<const OutcomeTable>> OutcomeTable::make(const corpus::Corpus& corpus, const ModelCatalog& catalog) {
  Names names;
  for (const ModelSpec& model : catalog.models())
    if (samples::is_recorded(model)) names.emplace(samples::corpus_name_of(model), model.id);
  auto table = std::make_shared<OutcomeTable>();
  const auto read = corpus.for_each([&](const corpus::Header&, const corpus::Record& record) -> Result<void> {
    if (corpus::split_of(record.question.question) == corpus::Split::train) table->add(record, names);
    return {};
  });
  if (!read) return fail(read.error());
  table->complete();
  return table;
}

OutcomeTable OutcomeTable::of(std::span<const corpus::Record> records, const Names& names) {
  OutcomeTable table;
  for (const corpus::Record& record : records) table.add(record, names);
  table.complete();
  return table;
}

void OutcomeTable::add(const corpus::Record& record, const Names& names) {
  Kind& kind = kinds_[name_of_kind(record.question)];
  const std::size_t place = kind.questions++;
  StatedAnswers stated(record.question);
  for (const corpus::RecordedOutcome& outcome : record.outcomes) {
    const int said = stated.number(outcome.response);
    const auto [first, last] = names.equal_range(outcome.model);
    for (auto it = first; it != last; ++it) {
      ModelAnswers& answers = kind.answers[it->second];
      grow(answers, kind.questions);
      answers.recorded[place] = true;
      answers.right[place] = outcome.correct;
      answers.stated[place] = stated.shown();
      answers.said[place] = said;
      answers.used.prompt_tokens += outcome.in_tok;
      answers.used.completion_tokens += outcome.out_tok;
      Tally& tally = tallies_[it->second];
      tally.asked += 1;
      tally.right += outcome.correct ? 1 : 0;
    }
  }
}

// A model that the last questions do not know ends before them.
void OutcomeTable::complete() {
  for (auto& [name, kind] : kinds_)
    for (auto& [model, answers] : kind.answers) grow(answers, kind.questions);
  for (const auto& [name, kind] : kinds_)
    if (kind.questions >= kLeastQuestions) add_to_family(name, kind);
}

void OutcomeTable::add_to_family(const std::string& name, const Kind& kind) {
  std::vector<ModelId> models;
  for (const auto& [model, answers] : kind.answers)
    if (kind.comparable(model)) models.push_back(model);
  Kind& family = families_[models];
  family.questions += kind.questions;
  for (const ModelId& model : models) append(family.answers[model], *kind.comparable(model));
  family_of_.emplace(name, std::move(models));
}

const ModelAnswers* OutcomeTable::Kind::comparable(const ModelId& model) const {
  const auto it = answers.find(model);
  if (it == answers.end()) return nullptr;
  return 10 * it->second.recorded.count() >= 9 * questions ? &it->second : nullptr;
}

const OutcomeTable::Kind* OutcomeTable::kind_of(const corpus::Question& question) const {
  const auto it = kinds_.find(name_of_kind(question));
  return it == kinds_.end() ? nullptr : &it->second;
}

const ModelAnswers* OutcomeTable::answers(const corpus::Question& question, const ModelId& model) const {
  const Kind* kind = kind_of(question);
  return kind && kind->questions >= kLeastQuestions ? kind->comparable(model) : nullptr;
}

const ModelAnswers* OutcomeTable::answers_of_family(const corpus::Question& question, const ModelId& model) const {
  const auto name = family_of_.find(name_of_kind(question));
  if (name == family_of_.end()) return nullptr;
  const Kind& family = families_.at(name->second);
  const auto it = family.answers.find(model);
  return it == family.answers.end() ? nullptr : &it->second;
}

double OutcomeTable::accuracy(const ModelId& model) const {
  const auto it = tallies_.find(model);
  const Tally tally = it == tallies_.end() ? Tally() : it->second;
  return (tally.right + kPriorAnswers / 2) / (tally.asked + kPriorAnswers);
}

std::vector<ModelId> OutcomeTable::ranking() const {
  std::vector<ModelId> models;
  for (const auto& [model, tally] : tallies_) models.push_back(model);
  std::stable_sort(models.begin(), models.end(), [&](const ModelId& a, const ModelId& b) { return accuracy(a) > accuracy(b); });
  return models;
}

}  // namespace xrouter::rollout
