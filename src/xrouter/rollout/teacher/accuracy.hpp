// How often each model was right, by kind of question.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "xrouter/base/ids.hpp"
#include "xrouter/base/result.hpp"
#include "xrouter/catalog/catalog.hpp"
#include "xrouter/corpus/corpus.hpp"

namespace xrouter::rollout {

/// Of split train alone. Immutable once made.
class AccuracyTable {
 public:
  /// Reads every record once. Errors: those of the corpus.
  static Result<std::shared_ptr<const AccuracyTable>> make(const corpus::Corpus& corpus, const ModelCatalog& catalog);

  void add(const ModelId& model, const std::string& domain, bool correct);
  /// Pulled towards the model's accuracy on all questions, and that towards one half, by kPriorAnswers each.
  double of(const ModelId& model, const std::string& domain) const;
  double of(const ModelId& model) const;
  /// Every model that was counted, the best first: for ReferenceRule::Kind::best.
  std::vector<ModelId> ranking() const;

  static constexpr double kPriorAnswers = 20;

 private:
  struct Tally {
    std::int64_t asked = 0;
    std::int64_t right = 0;
  };
  std::map<ModelId, Tally> of_model_;
  std::map<std::pair<ModelId, std::string>, Tally> of_domain_;
};

}  // namespace xrouter::rollout
