// Recorded outcomes as training examples: which catalogue model was right on which text, at what cost.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "xrouter/catalog/catalog.hpp"
#include "xrouter/corpus/corpus.hpp"
#include "xrouter/corpus/text_key.hpp"

namespace xrouter::train {

struct OutcomeRow {
  std::size_t model = 0;  ///< index into OutcomeData::models
  bool correct = false;
  std::int64_t in_tok = 0;
  std::int64_t out_tok = 0;
  Usd cost;                  ///< by the catalogue's price
  std::string final_answer;  ///< as a comparing policy reads it; empty = none
};

struct Example {
  std::string qid;
  std::size_t group = 0;  ///< index into OutcomeData::groups
  corpus::Split split = corpus::Split::train;
  std::string prompt;
  std::string bare;
  std::vector<OutcomeRow> rows;
};

struct OutcomeData {
  std::shared_ptr<const ModelCatalog> catalog;
  std::vector<const ModelSpec*> models;  ///< of the catalogue, with at least one outcome
  std::vector<std::string> groups;       ///< corpus families: "zeroeval", "mmlu_pro"
  std::vector<Example> examples;         ///< in corpus order
};

/// Outcomes of models that the catalogue does not have, or has without a price, are left out, then
/// questions without any outcome. A corpus "a-b" belongs to group "a".
/// Errors: ErrorKind::config when nothing is left or a corpus is damaged.
Result<OutcomeData> load_outcomes(const corpus::Corpus& corpus, std::shared_ptr<const ModelCatalog> catalog);

}  // namespace xrouter::train
