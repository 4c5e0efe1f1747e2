// Loads the libtorch module into the running program, on the first use of a language model.
#pragma once

#include <filesystem>
#include <memory>

#include "xrouter/base/result.hpp"
#include "xrouter/torch_module/entry.hpp"

namespace xrouter::torch_module {

/// The module, loaded once per process and never unloaded. Thread-safe. It is looked for where the environment
/// variable XROUTER_MODULE_PATH says (the file or its folder), beside the executable, and in
/// ../lib/xrouter of it. Errors: config, telling what to install or that the module belongs to another build.
/// prepare_environment() is called first; call load() at start-up, before other threads.
Result<const Entry*> load();

/// For tests: the same from one file, not remembered.
Result<const Entry*> load_from(const std::filesystem::path& file);

/// load(), then its load_model.
Result<std::shared_ptr<lm::LanguageModel>> load_model(const weights::ModelFiles& files, const transformer::LoadOptions& options);

/// load(), then its make_learner (torch_learner/make_learner.hpp says what it refuses).
Result<std::unique_ptr<learner::Learner>> make_learner(const weights::ModelFiles& files, const learner::LearnerOptions& options);

/// load(), then its make_collective; one process alone needs no module.
Result<std::unique_ptr<learner::Collective>> make_collective(const learner::CollectiveOptions& options);

}  // namespace xrouter::torch_module
