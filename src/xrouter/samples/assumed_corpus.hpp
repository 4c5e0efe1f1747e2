// A corpus of questions whose answers are assumed, so that the recorded pool can answer them too.
#pragma once

#include "xrouter/corpus/corpus.hpp"
#include "xrouter/samples/sample.hpp"

namespace xrouter::samples {

/// Every model of the catalogue that is answered from records gives `reply`, and is right; tokens are estimated from the
/// texts. These models were never asked: the assumption is that anybody can greet and add.
corpus::Record assumed_record(const corpus::Question& question, const std::string& reply, const ModelCatalog& catalog);

/// `corpus` and these records, searched in this order.
Result<std::shared_ptr<const corpus::Corpus>> with_records(const corpus::Corpus& corpus, const std::vector<corpus::Record>& records);

}  // namespace xrouter::samples
