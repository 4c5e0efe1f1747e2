// The two kinds of ModelFiles. Only open_model() and tests need this header.
#pragma once

#include <filesystem>
#include <memory>

#include "xrouter/base/result.hpp"
#include "xrouter/weights/file_bytes.hpp"
#include "xrouter/weights/model_files.hpp"

namespace xrouter::weights {

/// Errors: config.
Result<std::shared_ptr<const ModelFiles>> open_folder(const std::filesystem::path& folder);
Result<std::shared_ptr<const ModelFiles>> open_gguf(FileBytes file);

/// Error when the tokenizer knows ids that the model has no embedding for.
Result<void> check_ids(const std::string& file, const ModelConfig& config, const tokenizer::Tokenizer& tokenizer,
                       const std::vector<tokenizer::TokenId>& end_tokens);

}  // namespace xrouter::weights
