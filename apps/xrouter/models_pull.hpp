// xrouter models pull: obtains a language model by name.
#pragma once

#include <CLI/CLI.hpp>

namespace xrouter::app {

void add_models_pull(CLI::App& models);

}  // namespace xrouter::app
