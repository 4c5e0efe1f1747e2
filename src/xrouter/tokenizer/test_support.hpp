// The small tokenizers under tests/golden/lm/tokenizer and what Hugging Face's tokenizers made of hard lines.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "xrouter/tokenizer/tokenizer.hpp"

namespace xrouter::tokenizer::test {

/// One record and its ids.
struct GoldenRow {
  std::string record;  ///< any bytes
  std::vector<TokenId> parsed, as_text;
};

const std::vector<std::string>& golden_names();
std::string golden_json(const std::string& name);
std::shared_ptr<const Tokenizer> golden_tokenizer(const std::string& name);
const std::vector<GoldenRow>& golden_rows(const std::string& name);
/// What a GGUF file would hold of it.
Vocabulary golden_vocabulary(const std::string& name, const std::string& pre_tokenizer);

}  // namespace xrouter::tokenizer::test
