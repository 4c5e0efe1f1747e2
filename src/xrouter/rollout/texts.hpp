// Texts for the language-modelling stage: recorded questions of split train and what models answered.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "xrouter/base/rng.hpp"
#include "xrouter/catalog/catalog.hpp"
#include "xrouter/corpus/corpus.hpp"
#include "xrouter/learner/token_tree.hpp"
#include "xrouter/rollout/ranking_text.hpp"

namespace xrouter::rollout {

struct TextOptions {
  int max_tokens = 512;  ///< a text is cut after so many, the end token included; at least 2
  int answers = 2;       ///< texts of each question; at least 1
  /// Share of the texts that tell, instead of an answer, which of the catalogue's models were right: the question, then
  /// tool names with "right" or "wrong". Only these verdicts are choices. It is what a router must know, many times a text.
  double verdicts = 0.2;
  double rankings = 0;  ///< share of the texts that are drills in reading prices (ranking_text.hpp); with `verdicts` at most 1
  RankingOptions ranking = {};
  std::uint64_t seed = 1;
};

/// Texts of the questions of the corpora's split train, in their order; the same options give the same tokens, each text
/// whatever the others. Of an answer's text every token but the first is a choice. A verdict or a ranking of a question that has
/// not the records for it is an answer's text.
class TextSet {
 public:
  /// Reads the corpora once; unpacked ones are much faster. Questions that it cannot read are reported by text().
  TextSet(std::shared_ptr<const corpus::Corpus> corpus, std::shared_ptr<const ModelCatalog> catalog,
          std::shared_ptr<const chat_format::ChatFormat> format, std::shared_ptr<const tokenizer::Tokenizer> tokenizer,
          tokenizer::TokenId end, TextOptions options);

  std::size_t size() const { return questions_.size() * static_cast<std::size_t>(options_.answers); }
  /// Error: config when the corpus is damaged. Precondition: index < size().
  Result<learner::TokenSequence> text(std::size_t index) const;

 private:
  learner::TokenSequence answer_text(const corpus::Record& record, Rng rng) const;
  learner::TokenSequence verdict_text(const corpus::Record& record, Rng rng) const;
  learner::TokenSequence ranking_of(const corpus::Record& record, Rng rng) const;

  std::shared_ptr<const corpus::Corpus> corpus_;
  std::shared_ptr<const ModelCatalog> catalog_;
  std::shared_ptr<const chat_format::ChatFormat> format_;
  std::shared_ptr<const tokenizer::Tokenizer> tokenizer_;
  tokenizer::TokenId end_;
  TextOptions options_;
  std::vector<std::uint32_t> questions_;  // by index in the corpus
};

}  // namespace xrouter::rollout
