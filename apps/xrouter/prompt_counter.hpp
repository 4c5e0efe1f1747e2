// Counts the tokens of a router's first prompt.
#pragma once

#include <string>

#include "xrouter/samples/builder.hpp"

namespace xrouter::app {

/// By the tokenizer and chat format of a model folder; weights are not needed. Errors: config.
Result<samples::CountTokens> prompt_counter(const std::string& model_folder, std::shared_ptr<const ModelCatalog> catalog);

}  // namespace xrouter::app
