// How a model is loaded; no torch header is needed to say so.
#pragma once

#include <string>

namespace xrouter::transformer {

enum class Precision { automatic, bf16, f32 };

struct LoadOptions {
  Precision precision = Precision::automatic;  ///< bf16 where the processor multiplies it, else f32
  std::string device = "cpu";                  ///< cpu, cuda, cuda:1
  int threads = 0;                             ///< of one forward pass on the CPU; 0: all cores
  std::string adapter = {};                    ///< folder of a PEFT LoRA adapter, merged into the weights
  bool keep_adapter_apart = false;             ///< applied beside the weights instead of merged
};

}  // namespace xrouter::transformer
