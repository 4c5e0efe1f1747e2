#include "xrouter/corpus/scores.hpp"

#include <cmath>

#include "xrouter/corpus/text_key.hpp"

namespace xrouter::corpus {
namespace {

constexpr double kPriorQuestions = 10;
constexpr int kFewestQuestions = 10;

struct Tally {
  int asked = 0;
  int right = 0;
  void add(bool correct) {
    ++asked;
    right += correct ? 1 : 0;
  }
};
using ByDomain = std::map<std::string, Tally>;

struct Tallies {
  std::map<std::string, ByDomain> of_model;  ///< by the corpus's name
  ByDomain of_all;
};

Result<Tallies> tally(const Corpus& corpus) {
  Tallies tallies;
  const auto read = corpus.for_each([&](const Header&, Record record) -> Result<void> {
    if (split_of(record.question.question) != Split::train) return {};
    for (const RecordedOutcome& outcome : record.outcomes) {
      tallies.of_model[outcome.model][record.question.domain].add(outcome.correct);
      tallies.of_all[record.question.domain].add(outcome.correct);
    }
    return {};
  });
  if (!read) return fail(read.error());
  return tallies;
}

int per_cent(const Tally& tally, const Tally& all) {
  const double mean = static_cast<double>(all.right) / all.asked;
  return static_cast<int>(std::lround(100 * (tally.right + kPriorQuestions * mean) / (tally.asked + kPriorQuestions)));
}

}  // namespace

Result<std::map<ModelId, std::map<std::string, int>>> train_scores(const Corpus& corpus, const ModelCatalog& catalog) {
  const auto tallies = tally(corpus);
  if (!tallies) return fail(tallies.error());
  std::map<ModelId, std::map<std::string, int>> scores;
  for (const ModelSpec& model : catalog.models()) {
    if (model.upstream != kRecordedUpstream) continue;
    const auto recorded = tallies->of_model.find(model.upstream_model.empty() ? model.id.value : model.upstream_model);
    if (recorded == tallies->of_model.end()) continue;
    for (const auto& [domain, counted] : recorded->second)
      if (counted.asked >= kFewestQuestions) scores[model.id][domain] = per_cent(counted, tallies->of_all.at(domain));
  }
  return scores;
}

}  // namespace xrouter::corpus
