// The transformer in libtorch behind the interface of lm. No torch header is needed to use it; programs that
// shall run without libtorch come here through torch_module/loader.hpp.
#pragma once

#include <memory>

#include "xrouter/base/result.hpp"
#include "xrouter/lm/language_model.hpp"
#include "xrouter/torch_module/options.hpp"
#include "xrouter/weights/model_files.hpp"

namespace xrouter::transformer {

/// Errors: config (files, adapter or device that do not fit, not enough memory), io. No exception leaves it.
Result<std::shared_ptr<lm::LanguageModel>> load_model(const weights::ModelFiles& files, const LoadOptions& options);

}  // namespace xrouter::transformer
