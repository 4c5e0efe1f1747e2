// From a loaded language model and the configuration's section `policy` to a router in this process.
#pragma once

#include <memory>

#include "language_model.hpp"
#include "xrouter/config/config.hpp"
#include "xrouter/policy_lm/local_policy.hpp"

namespace xrouter::app {

/// As the configuration wants its language model run; `request_threads` as for Assembly::make. A caller may name another
/// model and adapter.
LanguageModelOptions router_model_options(const config::Config& config, int request_threads);

policy_lm::LocalOptions decision_options(const config::PolicyConfig& policy);

/// Keeps the model loaded.
std::shared_ptr<const policy_lm::RouterModel> as_router(std::shared_ptr<const LoadedLanguageModel> model);

}  // namespace xrouter::app
