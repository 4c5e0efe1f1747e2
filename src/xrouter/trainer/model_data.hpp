// The files of a model that a run depends on, for its record.
#pragma once

#include <filesystem>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/trainer/record/run_record.hpp"

namespace xrouter::trainer {

/// Of a folder: shape, tokenizer, chat template and, unless the model is `fresh`, the weights; a GGUF file as a whole.
/// Errors: config for a file that cannot be read.
Result<std::vector<DataFile>> data_of_model(const std::filesystem::path& path, bool fresh);

}  // namespace xrouter::trainer
