// A learner on disk: what it needs to go on bit for bit, and what others need to run its model.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "xrouter/torch_learner/parameters.hpp"

namespace xrouter::torch_learner {

/// learner.safetensors (weights and both moments, float32) and learner.json (steps, what kind it is), synced. The JSON
/// is written last: without it the state is none. Errors: io.
Result<void> save_state(const std::filesystem::path& folder, const Parameters& parameters, const std::optional<learner::LoraOptions>& lora);
/// All or nothing. Errors: config, for files that are not of this model, torn or absent.
Result<void> load_state(const std::filesystem::path& folder, Parameters& parameters, const std::optional<learner::LoraOptions>& lora);

/// What an export takes along from where the model came from.
struct Origin {
  weights::ModelConfig config;
  std::filesystem::path path;  ///< of the folder or GGUF file
  std::vector<tokenizer::TokenId> end_tokens;
};

/// A Hugging Face folder in bf16 with tokenizer, or a PEFT adapter; whole or not at all. Errors: io, config.
Result<void> export_model(const std::filesystem::path& folder, const Parameters& parameters, const Origin& origin);
Result<void> export_adapter(const std::filesystem::path& folder, const Parameters& parameters, const Origin& origin,
                            const learner::LoraOptions& lora);

}  // namespace xrouter::torch_learner
