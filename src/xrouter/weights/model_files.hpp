// A model on disk: a Hugging Face folder or a GGUF file, behind one interface.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/tokenizer/tokenizer.hpp"

namespace xrouter::weights {

enum class DType { f32, f16, bf16 };

enum class Family { llama, qwen2, qwen3 };

/// Shape of a decoder of the Llama and Qwen2/2.5/3 families (names as in config.json).
struct ModelConfig {
  Family family = Family::llama;
  std::int64_t vocab_size = 0;
  std::int64_t hidden_size = 0;
  std::int64_t intermediate_size = 0;
  std::int64_t layers = 0;
  std::int64_t heads = 0;
  std::int64_t kv_heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t max_positions = 0;  ///< context length in tokens
  double rms_norm_eps = 1e-5;
  double rope_theta = 10'000;
  /// Llama 3 frequency scaling (rope_scaling of type llama3); other kinds of scaling are refused.
  struct RopeScaling {
    double factor = 1, low_freq_factor = 1, high_freq_factor = 4;
    std::int64_t original_max_positions = 8192;
    bool operator==(const RopeScaling&) const = default;
  };
  std::optional<RopeScaling> rope_scaling = {};
  bool tie_word_embeddings = false;  ///< lm_head is embed_tokens
  bool attention_bias = false;       ///< q, k, v have a bias (Qwen2); o never
  bool qk_norm = false;              ///< RMS norm of each head of q and k (Qwen3)
  bool operator==(const ModelConfig&) const = default;

  std::int64_t parameters() const;
};

/// Checks every field's range and that the shape fits together. Error: config.
Result<void> check(const ModelConfig& config);

/// One tensor's values, row-major in Hugging Face's layout ([out, in] for linear layers; q and k in
/// Hugging Face's rotary order also when they come from a GGUF file of the llama family, which permutes them).
struct Tensor {
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;   ///< little-endian; valid as long as `owner` is
  std::shared_ptr<const void> owner;  ///< the mapped file, or the dequantised copy
};

/// Everything there is to know of a model. Thread-safe after opening. Hostile files are refused with
/// ErrorKind::config and a text that names file, tensor and reason; nothing larger than the file (times the
/// quantisation's ratio) is ever allocated for them.
class ModelFiles {
 public:
  virtual ~ModelFiles() = default;
  virtual const ModelConfig& config() const = 0;
  /// By Hugging Face name, such as model.layers.0.self_attn.q_proj.weight. GGUF tensors are dequantised
  /// here: to bf16 where that is what they were or where they are quantised, else as they are.
  virtual Result<Tensor> tensor(const std::string& name) const = 0;
  virtual std::vector<std::string> tensor_names() const = 0;
  virtual std::shared_ptr<const tokenizer::Tokenizer> tokenizer() const = 0;
  /// Jinja source of the chat template; "" when the files carry none.
  virtual const std::string& chat_template() const = 0;
  /// Tokens that end a reply (eos of the config and of generation_config.json).
  virtual const std::vector<tokenizer::TokenId>& end_tokens() const = 0;
  /// For logs and records: folder or file name.
  virtual const std::string& name() const = 0;
};

/// Opens a folder (config.json, *.safetensors with or without index, tokenizer.json, tokenizer_config.json,
/// chat_template.jinja, generation_config.json) or a .gguf file. Error: config.
Result<std::shared_ptr<const ModelFiles>> open_model(const std::filesystem::path& path);

/// A folder's shape and tokenizer alone, for a model whose weights are yet to be learned: none are looked for, and
/// every tensor() is an error. Error: config.
Result<std::shared_ptr<const ModelFiles>> open_untrained(const std::filesystem::path& folder);

}  // namespace xrouter::weights
