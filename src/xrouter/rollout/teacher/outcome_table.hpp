// What the recorded models said, by kind of question.
#pragma once

#include <boost/dynamic_bitset.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
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
  Questions recorded, right;
  Questions stated;       ///< the reply states a final answer that a router is shown
  std::vector<int> said;  ///< its number among the answers to the question; -1: none, or not recorded
  Usage used = {};        ///< of all its replies together
};

/// Both state an answer, and the same. Precondition: of one kind.
Questions agreed(const ModelAnswers& a, const ModelAnswers& b);

/// Numbers the answers to one question as replies state them, and what a router sees of that.
class StatedAnswers {
 public:
  explicit StatedAnswers(const corpus::Question& question);
  /// Number of what the reply states; -1: nothing. The same text gets the same number.
  int number(std::string_view reply);
  /// Of the reply that was numbered last: its answer is short enough to be shown.
  bool shown() const { return shown_; }

 private:
  bool one_answer_wanted_;
  bool shown_ = false;
  std::map<std::string, int> numbers_;
};

/// Of split train alone. Immutable once made.
class OutcomeTable {
 public:
  /// Questions of one category, or of one source that knows no categories.
  struct Kind {
    std::size_t questions = 0;
    std::map<ModelId, ModelAnswers> answers = {};
    /// Of a model that nearly all of the questions are recorded for; null otherwise.
    const ModelAnswers* comparable(const ModelId& model) const;
  };
  /// Models of the catalogue by the corpus's name; one name may stand for several.
  using Names = std::multimap<std::string, ModelId>;

  /// Reads every record once. Errors: those of the corpus.
  static Result<std::shared_ptr<const OutcomeTable>> make(const corpus::Corpus& corpus, const ModelCatalog& catalog);
  /// Of these records, whatever their split.
  static OutcomeTable of(std::span<const corpus::Record> records, const Names& names);

  /// What a model did on questions of this kind. The question need not be one of split train. Null when too little is
  /// recorded to say what the model earns there: fewer than kLeastQuestions, or less than nine in ten of them.
  const ModelAnswers* answers(const corpus::Question& question, const ModelId& model) const;
  /// The same on all kinds that are recorded for the same models as this one: more questions, less alike. Null where
  /// answers() is.
  const ModelAnswers* answers_of_family(const corpus::Question& question, const ModelId& model) const;
  const Kind* kind_of(const corpus::Question& question) const;

  /// Accuracy on all questions, pulled towards one half by kPriorAnswers.
  double accuracy(const ModelId& model) const;
  /// Every model that was counted, the most accurate first: for ReferenceRule::Kind::best.
  std::vector<ModelId> ranking() const;

  static constexpr double kPriorAnswers = 20;
  static constexpr std::size_t kLeastQuestions = 8;

 private:
  struct Tally {
    double asked = 0, right = 0;
  };
  void add(const corpus::Record& record, const Names& names);
  void complete();
  void add_to_family(const std::string& name, const Kind& kind);

  std::map<ModelId, Tally> tallies_;
  std::map<std::string, Kind> kinds_;
  std::map<std::vector<ModelId>, Kind> families_;       // by the models that are comparable on each kind of it
  std::map<std::string, std::vector<ModelId>> family_of_;  // by the kind's name
};

}  // namespace xrouter::rollout
