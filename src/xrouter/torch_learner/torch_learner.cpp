#include "xrouter/torch_learner/torch_learner.hpp"

#include <algorithm>

#include "xrouter/base/assert.hpp"
#include "xrouter/torch_learner/adamw.hpp"
#include "xrouter/torch_learner/guarded.hpp"
#include "xrouter/torch_learner/head.hpp"
#include "xrouter/transformer/kernels/kernels.hpp"
#include "xrouter/transformer/threads.hpp"
#include "xrouter/transformer/torch_language_model.hpp"

namespace xrouter::torch_learner {

using learner::Scores;
using learner::TokenTree;
using transformer::Linear;

namespace {

/// The structure of the frozen weights without any of them: only what place_adapter() adds is there.
ModelWeights only_adapter(const ModelWeights& frozen) {
  ModelWeights made;
  made.config = frozen.config;
  made.layers.resize(frozen.layers.size());
  return made;
}

bool all_zero(const learner::Gradients& gradients) {
  const auto zero = [](double value) { return value == 0; };
  return std::all_of(gradients.by_logprob.begin(), gradients.by_logprob.end(), zero) &&
         std::all_of(gradients.by_entropy.begin(), gradients.by_entropy.end(), zero);
}

}  // namespace

TorchLearner::TorchLearner(Setup setup) : setup_(std::move(setup)), ops_(make_training_ops(setup_.type, setup_.device)) {
  const weights::ModelConfig& config = setup_.origin.config;
  shape_.vocab = static_cast<int>(config.vocab_size);
  shape_.max_positions = static_cast<int>(config.max_positions);
  shape_.parameters = config.parameters();
  shape_.kv_bytes_per_token =
      config.layers * 2 * config.kv_heads * config.head_dim * static_cast<std::int64_t>(c10::elementSize(setup_.serving_type));

  Parameters& parameters = setup_.parameters;
  computed_ = setup_.type == at::kFloat ? parameters.values : parameters.values.to(setup_.type);
  const auto& lora = setup_.options.lora;
  if (lora) {
    weights_ = setup_.frozen;
    place_adapter(weights_, parameters, computed_, *lora);
    gradients_ = only_adapter(setup_.frozen);
    place_adapter(gradients_, parameters, parameters.gradients, *lora);
  } else {
    weights_ = weights_in(config, computed_);
    gradients_ = weights_in(config, parameters.gradients);
  }
  const bool checkpoints = setup_.options.checkpoint_activations;
  decoder_.emplace(weights_, ops_, DecoderOptions{true, checkpoints});
  if (!setup_.options.reference) return;
  reference_ = lora ? setup_.frozen : weights_in(config, computed_.clone());
  reference_decoder_.emplace(reference_, ops_, DecoderOptions{false, checkpoints});
}

void TorchLearner::refresh() {
  if (setup_.type != at::kFloat) computed_.copy_(setup_.parameters.values);
}

Scores TorchLearner::score_with(const TrainingDecoder& decoder, const TokenTree& tree) const {
  if (tree.targets.empty()) return {};
  const c10::NoGradGuard no_gradients;
  transformer::use_threads(setup_.threads);
  const TreePass pass = make_tree_pass(tree, setup_.device);
  const Tensor hidden = decoder.hidden(pass, nullptr);
  return Head(*ops_, decoder.weights().lm_head.weight, hidden, tree, pass.target_row, setup_.options.head_rows).scores();
}

Scores TorchLearner::score(const TokenTree& tree) { return score_with(*decoder_, tree); }

Scores TorchLearner::score_reference(const TokenTree& tree) {
  XROUTER_ASSERT(reference_decoder_.has_value(), "a reference was asked for when the learner was made");
  return score_with(*reference_decoder_, tree);
}

Scores TorchLearner::accumulate(const TokenTree& tree, const learner::LossGradient& loss) {
  if (tree.targets.empty()) return {};
  const c10::NoGradGuard no_gradients;
  transformer::use_threads(setup_.threads);
  const TreePass pass = make_tree_pass(tree, setup_.device);
  Tape tape;
  const Tensor hidden = decoder_->hidden(pass, &tape);
  Head head(*ops_, weights_.lm_head.weight, hidden, tree, pass.target_row, setup_.options.head_rows);
  Scores scores = head.scores();
  const learner::Gradients wanted = loss(scores);
  XROUTER_ASSERT(wanted.by_logprob.size() == tree.targets.size(), "every target has a gradient");
  XROUTER_ASSERT(wanted.by_entropy.empty() || wanted.by_entropy.size() == tree.targets.size(),
                 "every target has a gradient by entropy, or none");
  if (all_zero(wanted)) return scores;
  host_gradients_ = Tensor();  // what was handed out is old now
  const Tensor dhidden = head.backward(wanted, gradients_.lm_head.weight);
  decoder_->backward(pass, tape, dhidden, gradients_);
  return scores;
}

std::vector<std::span<float>> TorchLearner::gradients() {
  const Tensor& flat = setup_.parameters.gradients;
  // Of a GPU the caller gets a copy, which step() takes back.
  if (!flat.is_cpu()) host_gradients_ = flat.to(at::kCPU);
  Tensor& seen = flat.is_cpu() ? setup_.parameters.gradients : host_gradients_;
  return {{seen.data_ptr<float>(), static_cast<std::size_t>(seen.numel())}};
}

learner::StepReport TorchLearner::step(const learner::StepOptions& options) {
  const c10::NoGradGuard no_gradients;
  transformer::use_threads(setup_.threads);
  if (host_gradients_.defined()) setup_.parameters.gradients.copy_(host_gradients_);
  host_gradients_ = Tensor();
  const learner::StepReport report = adamw_step(setup_.parameters, options);
  if (report.applied) refresh();
  return report;
}

void TorchLearner::clear_gradients() {
  setup_.parameters.gradients.zero_();
  host_gradients_ = Tensor();
}

ModelWeights TorchLearner::serving_weights() {
  const auto& lora = setup_.options.lora;
  const Tensor& values = setup_.type == setup_.serving_type ? computed_ : setup_.parameters.values.to(setup_.serving_type);
  if (!lora) return weights_in(setup_.origin.config, values);
  ModelWeights made = packed_;
  place_adapter(made, setup_.parameters, values, *lora);
  return made;
}

Result<std::shared_ptr<lm::LanguageModel>> TorchLearner::language_model() {
  return guarded(setup_.origin.path.string(), [&]() -> Result<std::shared_ptr<lm::LanguageModel>> {
    const c10::NoGradGuard no_gradients;
    transformer::use_threads(setup_.threads);
    const std::shared_ptr<const transformer::Ops> ops = transformer::make_inference_ops(setup_.serving_type, setup_.device);
    if (setup_.options.lora && !packed_.embedding.defined()) {
      packed_ = setup_.frozen;
      transformer::prepare(packed_, *ops);
    }
    ModelWeights weights = serving_weights();
    if (!setup_.options.lora) transformer::prepare(weights, *ops);
    return std::make_shared<transformer::TorchLanguageModel>(transformer::Decoder(std::move(weights), ops), setup_.threads);
  });
}

Result<void> TorchLearner::save(const std::filesystem::path& folder) {
  return guarded(folder.string(), [&] { return save_state(folder, setup_.parameters, setup_.options.lora); });
}

Result<void> TorchLearner::load(const std::filesystem::path& folder) {
  return guarded(folder.string(), [&]() -> Result<void> {
    const c10::NoGradGuard no_gradients;
    if (auto loaded = load_state(folder, setup_.parameters, setup_.options.lora); !loaded) return loaded;
    refresh();
    return {};
  });
}

Result<void> TorchLearner::export_to(const std::filesystem::path& folder) {
  return guarded(folder.string(), [&]() -> Result<void> {
    const auto& lora = setup_.options.lora;
    if (lora) return export_adapter(folder, setup_.parameters, setup_.origin, *lora);
    return export_model(folder, setup_.parameters, setup_.origin);
  });
}

}  // namespace xrouter::torch_learner
