// A LoRA adapter as PEFT writes it: small matrices beside the weights of some linear layers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/weights/model_files.hpp"

namespace xrouter::weights {

/// The layer computes W x + scale * B (A x).
struct LoraPair {
  std::string module;  ///< such as model.layers.0.self_attn.q_proj
  Tensor a;            ///< [rank, in]
  Tensor b;            ///< [out, rank]
};

struct Adapter {
  std::int64_t rank = 0;
  double alpha = 0;
  bool rslora = false;     ///< scale by the square root of the rank
  std::string base_model;  ///< name or path, for people; "" when unknown
  std::vector<LoraPair> pairs;

  double scale() const;
  /// Last parts of the modules' names, each once: q_proj, v_proj ...
  std::vector<std::string> target_modules() const;
};

/// adapter_config.json and adapter_model.safetensors. Errors: config, also for whatever is more than plain LoRA
/// (DoRA, trained biases, embeddings or whole modules, ranks that differ between layers).
Result<Adapter> read_adapter(const std::filesystem::path& folder);

/// Whether every pair belongs to a linear layer of the model and has its shape. Error: config.
Result<void> check_fits(const Adapter& adapter, const ModelConfig& config);

/// Writes the folder that read_adapter(), PEFT, vLLM and SGLang read, whole or not at all. An older folder of
/// that name is replaced. Errors: config for an adapter that is inconsistent, io.
Result<void> write_adapter(const std::filesystem::path& folder, const Adapter& adapter);

}  // namespace xrouter::weights
