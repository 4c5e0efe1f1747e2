// Texts for the language-modelling stage: recorded questions of split train and what models answered.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "xrouter/catalog/catalog.hpp"
#include "xrouter/corpus/corpus.hpp"
#include "xrouter/learner/token_tree.hpp"

namespace xrouter::rollout {

struct TextOptions {
  int max_tokens = 512;            ///< a text is cut after so many, the end token included
  int answers = 2;                 ///< texts of each question, each with the answer of another model
  /// Share of the texts that tell, instead of an answer, which of the catalogue's models were right: the question, then
  /// tool names with "right" or "wrong". Only these verdicts are choices.
  double verdicts = 0.2;
  std::uint64_t seed = 1;
};

/// All texts of the corpora's split train, in the order of the corpus; the same options give the same tokens. The first
/// token of an answer's text is no choice, every other one is. Questions without an answer have no text.
class TextSet {
 public:
  TextSet(std::shared_ptr<const corpus::Corpus> corpus, std::shared_ptr<const ModelCatalog> catalog, std::shared_ptr<const tokenizer::Tokenizer> tokenizer,
          tokenizer::TokenId end, TextOptions options);

  std::size_t size() const { return questions_.size() * static_cast<std::size_t>(options_.answers); }
  /// Error: config when the corpus is damaged. Precondition: index < size().
  Result<learner::TokenSequence> text(std::size_t index) const;

 private:
  learner::TokenSequence answer_text(const corpus::Record& record, std::size_t turn) const;
  learner::TokenSequence verdict_text(const corpus::Record& record, std::uint64_t seed) const;

  std::shared_ptr<const corpus::Corpus> corpus_;
  std::shared_ptr<const ModelCatalog> catalog_;
  std::shared_ptr<const tokenizer::Tokenizer> tokenizer_;
  tokenizer::TokenId end_;
  TextOptions options_;
  std::vector<std::uint32_t> questions_;  // of split train, by index in the corpus
};

}  // namespace xrouter::rollout
