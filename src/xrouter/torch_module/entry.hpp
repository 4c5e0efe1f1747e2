// What the program and the libtorch module agree on: one exported function that returns a table.
#pragma once

#include <cstdint>
#include <memory>

#include "xrouter/base/result.hpp"
#include "xrouter/learner/collective.hpp"
#include "xrouter/learner/learner.hpp"
#include "xrouter/lm/language_model.hpp"
#include "xrouter/torch_module/options.hpp"
#include "xrouter/weights/model_files.hpp"

namespace xrouter::torch_module {

/// Program and module are built from the same tree by the same compiler and exchange C++ types. This number
/// differs when they were not: it folds in a hand-kept version and the sizes of what crosses the border.
constexpr std::uint64_t abi() {
  constexpr std::uint64_t kVersion = 3;
  std::uint64_t folded = kVersion;
  for (const std::size_t size : {sizeof(transformer::LoadOptions), sizeof(weights::ModelConfig), sizeof(weights::Tensor), sizeof(weights::ModelFiles),
                                 sizeof(lm::ForwardInput), sizeof(lm::Logits), sizeof(lm::ModelShape), sizeof(lm::LanguageModel),
                                 sizeof(lm::KvSequence), sizeof(Result<std::shared_ptr<lm::LanguageModel>>),
                                 sizeof(learner::LearnerOptions), sizeof(learner::TokenTree), sizeof(learner::TokenTree::Target),
                                 sizeof(learner::Scores), sizeof(learner::Gradients), sizeof(learner::LossGradient), sizeof(learner::StepOptions),
                                 sizeof(learner::StepReport), sizeof(learner::Learner), sizeof(Result<std::unique_ptr<learner::Learner>>),
                                 sizeof(learner::CollectiveOptions), sizeof(learner::Collective)})
    folded = folded * 1'000'003 + size;
  return folded;
}

struct Entry {
  std::uint64_t abi = 0;  ///< first in every version; the rest is read only when it is abi()
  /// transformer::load_model; throws nothing.
  Result<std::shared_ptr<lm::LanguageModel>> (*load_model)(const weights::ModelFiles& files, const transformer::LoadOptions& options) = nullptr;
  /// torch_learner::make_learner; throws nothing.
  Result<std::unique_ptr<learner::Learner>> (*make_learner)(const weights::ModelFiles& files, const learner::LearnerOptions& options) = nullptr;
  /// torch_learner::make_collective; throws nothing.
  Result<std::unique_ptr<learner::Collective>> (*make_collective)(const learner::CollectiveOptions& options) = nullptr;
};

inline constexpr const char* kEntrySymbol = "xrouter_transformer_entry";
inline constexpr const char* kModuleFile = "libxrouter_transformer.so";

}  // namespace xrouter::torch_module

/// The module's only exported symbol (kEntrySymbol). Only the module defines it.
extern "C" const xrouter::torch_module::Entry* xrouter_transformer_entry();
