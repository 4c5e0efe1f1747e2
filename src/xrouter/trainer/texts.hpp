// The texts of a run's language stages.
#pragma once

#include <memory>
#include <vector>

#include "xrouter/corpus/corpus.hpp"
#include "xrouter/trainer/config/train_config.hpp"
#include "xrouter/trainer/record/run_record.hpp"
#include "xrouter/trainer/recorded_episodes.hpp"

namespace xrouter::trainer {

/// Recorded questions and answers of split train, then the files of data.texts. Names in `data` what it read.
/// Errors: io, config naming file and line; config when there is no text at all.
Result<std::unique_ptr<Texts>> open_texts(const TrainConfig& config, const std::shared_ptr<const corpus::Corpus>& corpus,
                                          const std::shared_ptr<const ModelCatalog>& catalog, const RouterParts& router, std::vector<DataFile>& data);

/// A text of which every token but the first is to be learned, cut after `max_tokens`, with the end token where it fits.
learner::TokenSequence text_sequence(std::string_view text, const RouterParts& router, int max_tokens);

}  // namespace xrouter::trainer
