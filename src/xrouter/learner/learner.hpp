// A language model that learns, as the trainer sees it: log-probs of chosen tokens, and steps along their gradients.
// No tensor library in sight; torch_learner implements it with libtorch behind the module of torch_module.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/learner/token_tree.hpp"
#include "xrouter/lm/language_model.hpp"

namespace xrouter::learner {

/// One value for each target of a tree.
struct Scores {
  std::vector<double> logprobs;   ///< natural, of the chosen token among what it was chosen from, at temperature 1
  std::vector<double> entropies;  ///< nats, of the same distribution
};

/// d loss / d score, one value for each target. An empty `by_entropy` is all zeros.
struct Gradients {
  std::vector<double> by_logprob;
  std::vector<double> by_entropy = {};
};

/// From what the weights of now say of a tree to the gradient of the loss. Every policy-gradient loss is a function of
/// these numbers, so losses need no tensor library and are tested in double.
using LossGradient = std::function<Gradients(const Scores& scores)>;

struct StepOptions {
  double learning_rate = 0;
  double weight_decay = 0;    ///< decoupled (AdamW, arXiv 1711.05101); not on norms and biases
  double beta1 = 0.9, beta2 = 0.95, epsilon = 1e-8;
  double max_grad_norm = 1;   ///< of all parameters together; 0: no clipping
};

struct StepReport {
  double grad_norm = 0;  ///< before clipping
  bool applied = true;   ///< false: the norm was not finite; weights and moments are as they were
};

/// Weights in float32 (the master), computation in bf16 or float32. Deterministic: the same calls give the same bits on
/// the same processor with the same number of threads. Not thread-safe.
class Learner {
 public:
  virtual ~Learner() = default;
  virtual const lm::ModelShape& shape() const = 0;
  virtual std::int64_t trainable_parameters() const = 0;

  virtual Scores score(const TokenTree& tree) = 0;
  /// Of the model as it was before training (the frozen copy, or the weights without the adapter).
  /// Precondition: it was asked for when the learner was made.
  virtual Scores score_reference(const TokenTree& tree) = 0;
  /// Scores with the weights of now; adds the gradient to what is accumulated. What one call adds does not depend on the
  /// others, so a batch may be cut into trees in any way.
  virtual Scores accumulate(const TokenTree& tree, const LossGradient& loss) = 0;

  /// Views of the accumulated gradients, in a fixed order, for sums over processes.
  virtual std::vector<std::span<float>> gradients() = 0;
  /// One optimizer step with what is accumulated, which is zero afterwards.
  virtual StepReport step(const StepOptions& options) = 0;
  virtual void clear_gradients() = 0;

  /// For rollouts: the weights of now, as serving computes them. Valid until the next step() or load().
  virtual Result<std::shared_ptr<lm::LanguageModel>> language_model() = 0;

  /// Master weights, moments and step count: what load() needs to go on bit for bit. Files in `folder`, synced.
  /// Errors: io (a full disk says so), config for files that do not fit.
  virtual Result<void> save(const std::filesystem::path& folder) = 0;
  virtual Result<void> load(const std::filesystem::path& folder) = 0;
  /// A Hugging Face folder in bf16 (full), or a PEFT adapter (LoRA); whole or not at all.
  virtual Result<void> export_to(const std::filesystem::path& folder) = 0;
};

struct LoraOptions {
  int rank = 16;
  double alpha = 32;
  std::vector<std::string> modules = {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"};
};

struct LearnerOptions {
  std::string device = "cpu";
  std::string precision = "auto";  ///< of the computation: auto | bf16 | f32
  int threads = 0;                 ///< 0: all cores
  std::uint64_t seed = 1;          ///< of new weights (a fresh model, the adapter's A)
  bool fresh = false;              ///< new random weights in the shape of the files' config
  std::optional<LoraOptions> lora = {};  ///< empty: all weights learn
  bool reference = false;          ///< score_reference() will be called
  bool checkpoint_activations = false;  ///< recompute each layer in the backward pass
  int head_rows = 1024;            ///< rows of logits that exist at once
};

}  // namespace xrouter::learner
