// Where a model runs and in which type: what the options of people mean here.
#pragma once

#include <string>

#include "xrouter/base/result.hpp"
#include "xrouter/torch_module/options.hpp"
#include "xrouter/transformer/torch_api.hpp"

namespace xrouter::transformer {

/// Error: config, for names of no device and for devices that are not there.
Result<at::Device> device_of(const std::string& name);

/// Automatic: bf16 on GPUs and where the processor has kernels for it, else float32.
at::ScalarType type_of(Precision precision, at::Device device);

}  // namespace xrouter::transformer
