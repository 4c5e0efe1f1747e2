// The learner in libtorch. No torch header is needed to use it; programs that shall run without libtorch come here
// through torch_module/loader.hpp.
#pragma once

#include <memory>

#include "xrouter/base/result.hpp"
#include "xrouter/learner/learner.hpp"
#include "xrouter/weights/model_files.hpp"

namespace xrouter::torch_learner {

/// `files` is read now and not kept; with `fresh` only its shape and tokenizer are (weights::open_untrained() will do).
/// Errors: config (files, device or options that do not fit, not enough memory). No exception leaves it.
Result<std::unique_ptr<learner::Learner>> make_learner(const weights::ModelFiles& files, const learner::LearnerOptions& options);

}  // namespace xrouter::torch_learner
