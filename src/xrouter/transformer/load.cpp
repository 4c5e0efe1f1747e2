#include "xrouter/transformer/load.hpp"

#include <new>

#include "xrouter/base/log.hpp"
#include "xrouter/transformer/blas_probe.hpp"
#include "xrouter/transformer/kernels/kernels.hpp"
#include "xrouter/transformer/load_weights.hpp"
#include "xrouter/transformer/lora.hpp"
#include "xrouter/transformer/placement.hpp"
#include "xrouter/transformer/threads.hpp"
#include "xrouter/transformer/torch_language_model.hpp"

namespace xrouter::transformer {

namespace {

std::size_t weight_bytes(ModelWeights& weights) {
  std::size_t bytes = 0;
  for (const NamedTensor& named : named_tensors(weights)) bytes += named.tensor.nbytes();
  return bytes;
}

/// For the log: what it is and what memory it takes.
std::string described(const std::string& name, const lm::ModelShape& shape, std::size_t bytes, at::ScalarType dtype, int threads) {
  const auto rounded = [](auto value, auto unit) { return std::to_string((static_cast<std::int64_t>(value) + unit / 2) / unit); };
  return name + ": " + rounded(shape.parameters, 1'000'000) + " million parameters, " + rounded(bytes, 1'000'000) + " MB of " +
         (dtype == at::kFloat ? "float32" : "bf16") + " weights, " + rounded(shape.kv_bytes_per_token, 1'000) + " kB of cache a token, " +
         std::to_string(threads) + (threads == 1 ? " thread" : " threads");
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
  if (!options.adapter.empty()) {
    const auto adapter = weights::read_adapter(options.adapter);
    if (!adapter) return fail(adapter.error());
    const auto place = options.keep_adapter_apart ? AdapterPlace::apart : AdapterPlace::merged;
    if (auto added = add_adapter(*weights, *adapter, place); !added) return fail(added.error());
  }
  const std::size_t bytes = weight_bytes(*weights);
  const std::shared_ptr<const Ops> ops = make_inference_ops(dtype, *device);
  prepare(*weights, *ops);
  auto model = std::make_shared<TorchLanguageModel>(Decoder(std::move(*weights), ops), threads);
  log::info("model", described(files.name(), model->shape(), bytes, dtype, threads));
  if (dtype == at::kFloat && device->is_cpu())
    if (const std::string warning = blas_warning(); !warning.empty()) log::warn("model", warning);
  return model;
}

}  // namespace

Result<std::shared_ptr<lm::LanguageModel>> load_model(const weights::ModelFiles& files, const LoadOptions& options) {
  try {
    return load(files, options);
  } catch (const std::bad_alloc&) {
    return fail(ErrorKind::config, "There is not enough memory for the model " + files.name() + ".");
  } catch (const std::exception& problem) {
    // libtorch says in words what it refused, out of memory on a device included.
    return fail(ErrorKind::config, "The model " + files.name() + " cannot be loaded.", problem.what());
  }
}

}  // namespace xrouter::transformer
