#include "xrouter/train/outcome_data.hpp"

#include <algorithm>
#include <unordered_map>

#include "xrouter/policy/agreement.hpp"

namespace xrouter::train {
namespace {

std::unordered_map<std::string, const ModelSpec*> recorded_models(const ModelCatalog& catalog) {
  std::unordered_map<std::string, const ModelSpec*> by_name;
  for (const ModelSpec& spec : catalog.models())
    if (spec.upstream == kRecordedUpstream && spec.price.known()) by_name.emplace(spec.upstream_model.empty() ? spec.id.value : spec.upstream_model, &spec);
  return by_name;
}

template <class T>
std::size_t index_in(std::vector<T>& list, const T& item) {
  const auto it = std::find(list.begin(), list.end(), item);
  const auto index = static_cast<std::size_t>(it - list.begin());
  if (it == list.end()) list.push_back(item);
  return index;
}

}  // namespace

Result<OutcomeData> load_outcomes(const corpus::Corpus& corpus, std::shared_ptr<const ModelCatalog> catalog) {
  OutcomeData data;
  const auto by_name = recorded_models(*catalog);
  data.catalog = std::move(catalog);
  auto loaded = corpus.for_each([&](const corpus::Header& header, corpus::Record record) -> Result<void> {
    Example example{.qid = record.question.qid,
                    .group = index_in(data.groups, header.corpus.substr(0, header.corpus.find('-'))),
                    .split = corpus::split_of(record.question.question),
                    .prompt = std::move(record.question.prompt),
                    .bare = std::move(record.question.question),
                    .rows = {}};
    for (const corpus::RecordedOutcome& outcome : record.outcomes) {
      const auto spec = by_name.find(outcome.model);
      if (spec == by_name.end()) continue;
      example.rows.push_back({.model = index_in(data.models, spec->second),
                              .correct = outcome.correct,
                              .in_tok = outcome.in_tok,
                              .out_tok = outcome.out_tok,
                              .cost = spec->second->price.cost_of(outcome.usage()).known,
                              .final_answer = policy::final_answer(outcome.response)});
    }
    if (!example.rows.empty()) data.examples.push_back(std::move(example));
    return {};
  });
  if (!loaded) return fail(loaded.error());
  if (data.examples.empty()) return fail(ErrorKind::config, "no outcome of a priced, recorded catalogue model in the corpora");
  return data;
}

}  // namespace xrouter::train
