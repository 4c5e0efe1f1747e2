// config.json and its small neighbours of a Hugging Face folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/weights/model_files.hpp"

namespace xrouter::weights {

/// What config.json says of the model, and the ids that end a reply.
struct ConfigJson {
  ModelConfig model;
  std::vector<tokenizer::TokenId> end_tokens;
};

// Each refuses with kind config and "<file>: <reason>".

/// Llama, Qwen2 (2.5) and Qwen3; older and newer spellings (rope_scaling and rope_parameters). Whatever would make
/// the model compute something else than this project does is refused: quantisation, other kinds of rotary scaling,
/// a sliding window that is in use, biases in odd places, mixtures of experts.
Result<ConfigJson> read_config_json(std::string_view text, const std::string& file);

/// The inverse, as transformers writes it; `end_tokens` and `bos` are left out when absent.
std::string write_config_json(const ModelConfig& model, DType dtype, const std::vector<tokenizer::TokenId>& end_tokens,
                              std::optional<tokenizer::TokenId> bos);

/// eos_token_id of a generation_config.json: a number or a list.
Result<std::vector<tokenizer::TokenId>> read_generation_config(std::string_view text, const std::string& file);

/// What tokenizer_config.json adds to tokenizer.json.
struct TokenizerConfigJson {
  std::string chat_template;  ///< of several the one named "default"; "" when there is none
  std::string end_token;      ///< its text; "" when there is none
};
Result<TokenizerConfigJson> read_tokenizer_config(std::string_view text, const std::string& file);

}  // namespace xrouter::weights
