#include "xrouter/torch_learner/make_learner.hpp"

#include "xrouter/torch_learner/guarded.hpp"
#include "xrouter/torch_learner/torch_learner.hpp"
#include "xrouter/transformer/load_weights.hpp"
#include "xrouter/transformer/placement.hpp"
#include "xrouter/transformer/threads.hpp"

namespace xrouter::torch_learner {

namespace {

Result<transformer::Precision> precision_of(const std::string& name) {
  if (name == "auto") return transformer::Precision::automatic;
  if (name == "bf16") return transformer::Precision::bf16;
  if (name == "f32") return transformer::Precision::f32;
  return fail(ErrorKind::config, "There is no precision " + name + "; auto, bf16 and f32 are known.");
}

/// What does not depend on the weights.
Result<TorchLearner::Setup> set_up(const weights::ModelFiles& files, const learner::LearnerOptions& options) {
  TorchLearner::Setup setup;
  setup.options = options;
  setup.origin = {files.config(), files.name(), files.end_tokens()};
  if (auto checked = weights::check(setup.origin.config); !checked) return fail(checked.error());
  const auto device = transformer::device_of(options.device);
  if (!device) return fail(device.error());
  const auto precision = precision_of(options.precision);
  if (!precision) return fail(precision.error());
  if (options.threads < 0) return fail(ErrorKind::config, "The number of threads is negative.");
  if (options.head_rows < 1) return fail(ErrorKind::config, "The output layer needs at least one row at once.");
  if (options.fresh && options.lora)
    return fail(ErrorKind::config, "An adapter needs a model that has learned already; fresh weights and LoRA exclude each other.");
  setup.device = *device;
  setup.type = transformer::type_of(*precision, *device);
  setup.serving_type = setup.type;
  setup.threads = options.threads == 0 ? transformer::available_cores() : options.threads;
  return setup;
}

Result<void> fill_all(const weights::ModelFiles& files, TorchLearner::Setup& setup) {
  const weights::ModelConfig& config = setup.origin.config;
  setup.parameters = full_parameters(config, setup.device);
  if (setup.options.fresh) {
    draw_fresh(setup.parameters, config.layers, setup.options.seed);
    return {};
  }
  const auto loaded = transformer::load_weights(files, at::kFloat, setup.device);
  if (!loaded) return fail(loaded.error());
  const ModelWeights views = weights_in(config, setup.parameters.values);
  const auto from = transformer::trainable_tensors(*loaded), to = transformer::trainable_tensors(views);
  for (std::size_t i = 0; i < from.size(); ++i) Tensor(to[i]).copy_(from[i]);
  return {};
}

Result<void> fill_adapter(const weights::ModelFiles& files, TorchLearner::Setup& setup) {
  auto frozen = transformer::load_weights(files, setup.type, setup.device);
  if (!frozen) return fail(frozen.error());
  setup.frozen = std::move(*frozen);
  auto adapter = adapter_parameters(setup.origin.config, *setup.options.lora, setup.options.seed, setup.device);
  if (!adapter) return fail(adapter.error());
  setup.parameters = std::move(*adapter);
  return {};
}

Result<std::unique_ptr<learner::Learner>> make(const weights::ModelFiles& files, const learner::LearnerOptions& options) {
  const c10::NoGradGuard no_gradients;
  auto setup = set_up(files, options);
  if (!setup) return fail(setup.error());
  transformer::use_threads(setup->threads);
  auto filled = options.lora ? fill_adapter(files, *setup) : fill_all(files, *setup);
  if (!filled) return fail(filled.error());
  return std::make_unique<TorchLearner>(std::move(*setup));
}

}  // namespace

Result<std::unique_ptr<learner::Learner>> make_learner(const weights::ModelFiles& files, const learner::LearnerOptions& options) {
  return guarded("the model " + files.name(), [&] { return make(files, options); });
}

}  // namespace xrouter::torch_learner
