// What recorded models can do, as a catalogue may say it.
#pragma once

#include <map>
#include <string>

#include "xrouter/catalog/catalog.hpp"
#include "xrouter/corpus/corpus.hpp"

namespace xrouter::corpus {

/// Per cent of the questions of split train that the model solved, by domain. Drawn towards the domain's mean over all
/// models with the weight of ten questions, so that a few lucky ones do not make a hundred; domains in which the model
/// has fewer than ten are left out. Errors: those of Corpus::for_each.
Result<std::map<ModelId, std::map<std::string, int>>> train_scores(const Corpus& corpus, const ModelCatalog& catalog);

}  // namespace xrouter::corpus
