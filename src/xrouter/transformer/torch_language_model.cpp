#include "xrouter/transformer/torch_language_model.hpp"

#include <cstring>

#include "xrouter/transformer/threads.hpp"

namespace xrouter::transformer {

TorchLanguageModel::TorchLanguageModel(Decoder decoder, int threads) : decoder_(std::move(decoder)), threads_(threads) {
  const weights::ModelConfig& config = decoder_.weights().config;
  shape_.vocab = static_cast<int>(config.vocab_size);
  shape_.max_positions = static_cast<int>(config.max_positions);
  shape_.parameters = config.parameters();
  shape_.kv_bytes_per_token = decoder_.kv_layout().bytes_per_token();
}

std::unique_ptr<lm::KvSequence> TorchLanguageModel::new_sequence() { return std::make_unique<Sequence>(decoder_.kv_layout()); }

void TorchLanguageModel::forward(std::span<const lm::ForwardInput> inputs, lm::Logits& out) {
  const c10::InferenceMode no_gradients;
  use_threads(threads_);
  out.vocab = shape_.vocab;
  out.values.clear();
  if (inputs.empty()) return;

  std::vector<PassInput> pass_inputs;
  for (const lm::ForwardInput& input : inputs)
    pass_inputs.push_back({static_cast<Sequence*>(input.sequence), input.tokens, input.parents, input.logits_at});
  const Pass pass = make_pass(pass_inputs, decoder_.device());
  const Tensor hidden = decoder_.hidden(pass);
  if (hidden.size(0) > 0) {
    const Tensor logits = decoder_.logits(hidden).to(at::kFloat).to(at::kCPU).contiguous();
    const float* values = logits.data_ptr<float>();
    out.values.assign(values, values + logits.numel());
  }
  commit(pass_inputs);
}

}  // namespace xrouter::transformer
