#pragma once

#include "command.hpp"

namespace xrouter::app {

void add_data_scores(CLI::App& data);

}  // namespace xrouter::app
