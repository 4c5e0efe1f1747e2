// The tokenizer.json of a vocabulary that came without one, for readers of Hugging Face folders.
#pragma once

#include <string>

#include "xrouter/base/result.hpp"
#include "xrouter/tokenizer/tokenizer.hpp"

namespace xrouter::tokenizer {

/// Encodes as Tokenizer::from_vocabulary does. Errors: config, for an unknown pre-tokenizer and for vocabularies
/// that no tokenizer.json can say (a text that two ids share).
Result<std::string> tokenizer_json(const Vocabulary& vocabulary);

}  // namespace xrouter::tokenizer
