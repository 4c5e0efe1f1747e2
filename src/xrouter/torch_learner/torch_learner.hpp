// learner::Learner with libtorch: master weights, computation, optimizer and serving copies in one place.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "xrouter/learner/learner.hpp"
#include "xrouter/torch_learner/parameters.hpp"
#include "xrouter/torch_learner/state_files.hpp"
#include "xrouter/torch_learner/training_decoder.hpp"

namespace xrouter::torch_learner {

/// One thread. Exceptions of libtorch (no memory left) leave score(), accumulate() and step(), as they leave any
/// function of libtorch; everything that returns a Result turns them into errors.
class TorchLearner final : public learner::Learner {
 public:
  struct Setup {
    learner::LearnerOptions options;
    Origin origin;
    at::ScalarType type = at::kFloat;          ///< of the computation
    at::ScalarType serving_type = at::kFloat;  ///< of language_model()
    at::Device device = at::kCPU;
    int threads = 1;
    Parameters parameters;
    ModelWeights frozen;  ///< LoRA: the model itself, in `type`
  };
  explicit TorchLearner(Setup setup);

  const lm::ModelShape& shape() const override { return shape_; }
  std::int64_t trainable_parameters() const override { return setup_.parameters.count(); }
  learner::Scores score(const learner::TokenTree& tree) override;
  learner::Scores score_reference(const learner::TokenTree& tree) override;
  learner::Scores accumulate(const learner::TokenTree& tree, const learner::LossGradient& loss) override;
  std::vector<std::span<float>> gradients() override;
  learner::StepReport step(const learner::StepOptions& options) override;
  void clear_gradients() override;
  Result<std::shared_ptr<lm::LanguageModel>> language_model() override;
  Result<void> save(const std::filesystem::path& folder) override;
  Result<void> load(const std::filesystem::path& folder) override;
  Result<void> export_to(const std::filesystem::path& folder) override;

 private:
  learner::Scores score_with(const TrainingDecoder& decoder, const learner::TokenTree& tree) const;
  void refresh();
  ModelWeights serving_weights();

  Setup setup_;
  lm::ModelShape shape_;
  Tensor computed_;       ///< flat parameters in the computation's type; the master itself where that is float32
  ModelWeights weights_;  ///< what is computed with: views of it, or the frozen model with the adapter beside it
  ModelWeights gradients_;
  ModelWeights reference_;
  ModelWeights packed_;    ///< LoRA: the frozen model as serving packs it, once
  Tensor host_gradients_;  ///< what gradients() handed out of a GPU, until step() takes it back
  std::shared_ptr<const TrainingOps> ops_;
  std::optional<TrainingDecoder> decoder_, reference_decoder_;
};

}  // namespace xrouter::torch_learner
