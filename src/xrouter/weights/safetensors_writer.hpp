// Models and adapters on disk as transformers, PEFT, vLLM and SGLang read them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/weights/model_files.hpp"

namespace xrouter::weights {

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

/// One safetensors file, whole or not at all. Errors: config for tensors whose bytes do not fit their shape or whose
/// names repeat, io (a full disk says so).
Result<void> write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors);

struct FolderOptions {
  std::uint64_t max_shard_bytes = 5'000'000'000;  ///< above it the weights are split; one tensor is never split
  std::vector<tokenizer::TokenId> end_tokens = {};
  std::optional<tokenizer::TokenId> bos = {};
  /// Folder whose tokenizer files, chat template and generation_config.json are copied, or GGUF file whose vocabulary
  /// and chat template are written as such files; empty: the three below.
  std::filesystem::path tokenizer_from = {};
  std::string tokenizer_json = {};
  std::string tokenizer_config_json = {};
  std::string chat_template = {};  ///< becomes chat_template.jinja
};

/// A whole folder: config.json, the weights, tokenizer files, generation_config.json. An older folder of that name is
/// replaced at once. The tensors are exactly those of the config. Errors: config, io.
Result<void> write_model_folder(const std::filesystem::path& folder, const ModelConfig& config, std::span<const NamedTensor> tensors,
                                const FolderOptions& options = {});

}  // namespace xrouter::weights
