#include "xrouter/transformer/load.hpp"

#include <fmt/format.h>

#include <new>

#include "xrouter/transformer/kernels/kernels.hpp"
#include "xrouter/transformer/load_weights.hpp"
#include "xrouter/transformer/threads.hpp"
#include "xrouter/transformer/torch_language_model.hpp"

namespace xrouter::transformer {

namespace {

Result<at::Device> device_of(const std::string& name) {
  const auto unknown = [&name] { return fail(ErrorKind::config, fmt::format("There is no device {}; cpu, cuda and cuda:1 are known.", name)); };
  if (name != "cpu" && !name.starts_with("cuda")) return unknown();
  try {
    const at::Device device(name);
    if (device.is_cuda() && !at::hasCUDA()) return fail(ErrorKind::config, "This libtorch has no CUDA, or no GPU is there.");
    return device;
  } catch (const std::exception&) {
    return unknown();
  }
}

bool multiplies_bf16() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

at::ScalarType type_of(Precision precision, at::Device device) {
  switch (precision) {
    case Precision::bf16: return at::kBFloat16;
    case Precision::f32: return at::kFloat;
    case Precision::automatic: break;
  }
  return device.is_cuda() || multiplies_bf16() ? at::kBFloat16 : at::kFloat;
}

void prepare(ModelWeights& weights, const Ops& ops) {
  for (LayerWeights& layer : weights.layers)
    for (Linear* linear : {&layer.qkv, &layer.o, &layer.gate_up, &layer.down}) ops.prepare(*linear, false);
  ops.prepare(weights.lm_head, weights.config.tie_word_embeddings);
}

Result<std::shared_ptr<lm::LanguageModel>> load(const weights::ModelFiles& files, const LoadOptions& options) {
  const auto device = device_of(options.device);
  if (!device) return fail(device.error());
  if (options.threads < 0) return fail(ErrorKind::config, "The number of threads is negative.");
  const int threads = options.threads == 0 ? available_cores() : options.threads;
  use_threads(threads);
  const at::ScalarType dtype = type_of(options.precision, *device);
  auto weights = load_weights(files, dtype, *device);
  if (!weights) return fail(weights.error());
  const std::shared_ptr<const Ops> ops = make_inference_ops(dtype, *device);
  prepare(*weights, *ops);
  return std::make_shared<TorchLanguageModel>(Decoder(std::move(*weights), ops), threads);
}

}  // namespace

Result<std::shared_ptr<lm::LanguageModel>> load_model(const weights::ModelFiles& files, const LoadOptions& options) {
  try {
    return load(files, options);
  } catch (const std::bad_alloc&) {
    return fail(ErrorKind::config, fmt::format("There is not enough memory for the model {}.", files.name()));
  } catch (const std::exception& problem) {
    // libtorch says in words what it refused, out of memory on a device included.
    return fail(ErrorKind::config, fmt::format("The model {} cannot be loaded.", files.name()), problem.what());
  }
}

}  // namespace xrouter::transformer
