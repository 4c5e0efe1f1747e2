// xrouter train -c train.yaml, and what belongs to such runs.
#pragma once

#include <CLI/CLI.hpp>

namespace xrouter::app {

void add_train_run(CLI::App& train);

}  // namespace xrouter::app
