#pragma once

#include "command.hpp"

namespace xrouter::app {

/// `xrouter data samples` and `xrouter data stats`.
void add_data_samples(CLI::App& data);
void add_data_stats(CLI::App& data);

}  // namespace xrouter::app
