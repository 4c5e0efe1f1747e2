// The transformer in libtorch behind the interface of lm. No torch header is needed to use it.
#pragma once

#include <memory>
#include <string>

#include "xrouter/base/result.hpp"
#include "xrouter/lm/language_model.hpp"
#include "xrouter/weights/model_files.hpp"

namespace xrouter::transformer {

enum class Precision { automatic, bf16, f32 };

struct LoadOptions {
  Precision precision = Precision::automatic;  ///< bf16 where the processor multiplies it, else f32
  std::string device = "cpu";                  ///< cpu, cuda, cuda:1
  int threads = 0;                             ///< of one forward pass on the CPU; 0: all cores
  std::string adapter = {};                    ///< folder of a PEFT LoRA adapter, merged into the weights
  bool keep_adapter_apart = false;             ///< applied beside the weights instead of merged
};

/// Errors: config (files, adapter or device that do not fit), io.
Result<std::shared_ptr<lm::LanguageModel>> load_model(const weights::ModelFiles& files, const LoadOptions& options);

}  // namespace xrouter::transformer
