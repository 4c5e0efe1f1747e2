#include "xrouter/rollout/teacher/accuracy.hpp"

#include <algorithm>

#include "xrouter/corpus/text_key.hpp"
#include "xrouter/samples/corpus_names.hpp"

namespace xrouter::rollout {
namespace {

double pulled(std::int64_t right, std::int64_t asked, double towards) {
  return (static_cast<double>(right) + AccuracyTable::kPriorAnswers * towards) /
         (static_cast<double>(asked) + AccuracyTable::kPriorAnswers);
}

}  // namespace

Result<std::shared_ptr<const AccuracyTable>> AccuracyTable::make(const corpus::Corpus& corpus, const ModelCatalog& catalog) {
  std::multimap<std::string_view, const ModelSpec*> by_name;
  for (const ModelSpec& model : catalog.models())
    if (samples::is_recorded(model)) by_name.emplace(samples::corpus_name_of(model), &model);
  auto table = std::make_shared<AccuracyTable>();
  const auto counted = corpus.for_each([&](const corpus::Header&, const corpus::Record& record) -> Result<void> {
    if (corpus::split_of(record.question.question) != corpus::Split::train) return {};
    for (const corpus::RecordedOutcome& outcome : record.outcomes) {
      const auto [first, last] = by_name.equal_range(outcome.model);
      for (auto it = first; it != last; ++it) table->add(it->second->id, record.question.domain, outcome.correct);
    }
    return {};
  });
  if (!counted) return fail(counted.error());
  return table;
}

void AccuracyTable::add(const ModelId& model, const std::string& domain, bool correct) {
  for (Tally* tally : {&of_model_[model], &of_domain_[{model, domain}]}) {
    ++tally->asked;
    tally->right += correct ? 1 : 0;
  }
}

double AccuracyTable::of(const ModelId& model) const {
  const auto it = of_model_.find(model);
  return it == of_model_.end() ? 0.5 : pulled(it->second.right, it->second.asked, 0.5);
}

double AccuracyTable::of(const ModelId& model, const std::string& domain) const {
  const auto it = of_domain_.find({model, domain});
  return it == of_domain_.end() ? of(model) : pulled(it->second.right, it->second.asked, of(model));
}

std::vector<ModelId> AccuracyTable::ranking() const {
  std::vector<ModelId> models;
  for (const auto& [model, tally] : of_model_) models.push_back(model);
  std::stable_sort(models.begin(), models.end(), [&](const ModelId& a, const ModelId& b) { return of(a) > of(b); });
  return models;
}

}  // namespace xrouter::rollout
