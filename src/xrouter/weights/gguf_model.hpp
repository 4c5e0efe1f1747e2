// What the architectures llama, qwen2 and qwen3 call things in GGUF, in Hugging Face's words.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/tokenizer/tokenizer.hpp"
#include "xrouter/weights/gguf.hpp"
#include "xrouter/weights/model_files.hpp"

namespace xrouter::weights {

/// Errors: config, also for other architectures and for anything that would compute differently.
Result<ModelConfig> read_gguf_config(const GgufFile& file);

/// "model.layers.3.mlp.up_proj.weight" of "blk.3.ffn_up.weight"; "" for tensors that Hugging Face does not have.
std::string hugging_face_name(std::string_view gguf_name);

/// Row of the file for each row in Hugging Face's order, for a tensor whose rows GGUF's llama family reorders
/// within each head for rotary positions; empty when the order is the same. `name` is Hugging Face's.
std::vector<std::uint32_t> source_rows(const ModelConfig& config, std::string_view name);

struct GgufTokens {
  tokenizer::Vocabulary vocabulary;
  std::vector<tokenizer::TokenId> end_tokens;
  std::string chat_template;
};
Result<GgufTokens> read_gguf_tokens(const GgufFile& file);

}  // namespace xrouter::weights
