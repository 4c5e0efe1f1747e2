// For tests of the trainer: a learner of a few thousand weights, without libtorch, the same bits everywhere.
#pragma once

#include <memory>
#include <vector>

#include "xrouter/learner/learner.hpp"

namespace xrouter::learner {

struct ToyLearnerOptions {
  int vocab = 300;
  int max_positions = 4096;
  int buckets = 512;       ///< rows that the last two tokens are hashed to
  bool bag = true;         ///< also sees which tokens stand before, in any order: enough to heed a prompt
  std::uint64_t seed = 1;  ///< of small random weights
  bool reference = false;  ///< score_reference() will be called
};

/// logits(context) = bias + rows[hash(last two tokens)] + mean over the distinct tokens of the context of bag[token].
/// Gradients are exact (computed in double, kept in float), AdamW is as StepOptions says. Not thread-safe.
class ToyLearner final : public Learner {
 public:
  explicit ToyLearner(ToyLearnerOptions options = {});
  ~ToyLearner() override;

  const lm::ModelShape& shape() const override { return shape_; }
  std::int64_t trainable_parameters() const override { return static_cast<std::int64_t>(gradients_.size()); }
  Scores score(const TokenTree& tree) override;
  Scores score_reference(const TokenTree& tree) override;
  Scores accumulate(const TokenTree& tree, const LossGradient& loss) override;
  std::vector<std::span<float>> gradients() override { return {std::span(gradients_)}; }
  StepReport step(const StepOptions& options) override;
  void clear_gradients() override;
  /// A copy of the weights of now: stays valid, unlike others.
  Result<std::shared_ptr<lm::LanguageModel>> language_model() override;
  Result<void> save(const std::filesystem::path& folder) override;
  Result<void> load(const std::filesystem::path& folder) override;
  /// The weights as "toy.bin": nothing else reads them.
  Result<void> export_to(const std::filesystem::path& folder) override;

  /// For finite differences.
  std::span<float> weights_for_test();

 private:
  struct Weights;
  ToyLearnerOptions options_;
  lm::ModelShape shape_;
  std::shared_ptr<Weights> weights_;
  std::shared_ptr<const Weights> reference_;
  std::vector<float> gradients_;
  std::vector<double> first_moments_, second_moments_;
  std::int64_t steps_ = 0;
};

}  // namespace xrouter::learner
