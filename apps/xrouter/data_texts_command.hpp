#pragma once

#include "command.hpp"

namespace xrouter::app {

/// `xrouter data texts`.
void add_data_texts(CLI::App& data);

}  // namespace xrouter::app
