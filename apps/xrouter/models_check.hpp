// xrouter models check: can the configured upstreams be used?
#pragma once

#include <CLI/CLI.hpp>

namespace xrouter::app {

void add_models_check(CLI::App& models);

}  // namespace xrouter::app
