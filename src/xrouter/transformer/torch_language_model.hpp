// The decoder as lm sees it.
#pragma once

#include <memory>

#include "xrouter/lm/language_model.hpp"
#include "xrouter/transformer/model.hpp"

namespace xrouter::transformer {

class TorchLanguageModel final : public lm::LanguageModel {
 public:
  /// `threads` of a pass on the CPU, at least 1.
  TorchLanguageModel(Decoder decoder, int threads);
  const lm::ModelShape& shape() const override { return shape_; }
  std::unique_ptr<lm::KvSequence> new_sequence() override;
  void forward(std::span<const lm::ForwardInput> inputs, lm::Logits& out) override;

 private:
  Decoder decoder_;
  int threads_;
  lm::ModelShape shape_;
};

}  // namespace xrouter::transformer
