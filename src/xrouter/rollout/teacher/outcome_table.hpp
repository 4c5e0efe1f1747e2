// What the recorded models said, by kind of question.
#pragma once

#include <boost/dynamic_bitset.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "xrouter/base/ids.hpp"
#include "xrouter/base/result.hpp"
#include "xrouter/catalog/catalog.hpp"
#include "xrouter/corpus/corpus.hpp"

namespace xrouter::rollout {

/// A set of questions of one kind.
using Questions = boost::dynamic_bitset<std::uint64_t>;

/// One model on all questions of one kind, in the same order for every model.
struct ModelAnswers {
  Questions right;
  Questions stated;       ///< the reply states a final answer, as a router is told it
  std::vector<int> said;  ///< its number among the answers to the question; -1: none, or not recorded
};

/// Both state an answer, and the same. Precondition: of one kind.
Questions agreed(const ModelAnswers& a, const ModelAnswers& b);

/// Of split train alone. Immutable once made.
class OutcomeTable {
 public:
  /// Questions of one category, or of one source that knows no categories.
  struct Kind {
    std::size_t questions = 0;
    std::map<ModelId, ModelAnswers> answers = {};
  };

  /// Reads every record once. Errors: those of the corpus.
  static Result<std::shared_ptr<const OutcomeTable>> make(const corpus::Corpus& corpus, const ModelCatalog& catalog);

  /// `names` are the models of the catalogue by the corpus's name; one may stand for several.
  void add(const corpus::Record& record, const std::multimap<std::string, ModelId>& names);
  /// Null where nothing is recorded. The question need not be one of split train.
  const Kind* kind_of(const corpus::Question& question) const;

  /// Accuracy on all questions, pulled towards one half by kPriorAnswers.
  double accuracy(const ModelId& model) const;
  /// Every model that was counted, the most accurate first: for ReferenceRule::Kind::best.
  std::vector<ModelId> ranking() const;

  static constexpr double kPriorAnswers = 20;

 private:
  struct Tally {
    double asked = 0, right = 0;
  };
  std::map<ModelId, Tally> tallies_;
  std::map<std::string, Kind> kinds_;
};

}  // namespace xrouter::rollout
