// Which process of how many this is, as a launcher told it through the environment.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "xrouter/base/result.hpp"
#include "xrouter/learner/collective.hpp"

namespace xrouter::learner {

/// The value of an environment variable; nullptr where it is not set.
using Environment = std::function<const char*(const char* name)>;

/// nullopt: nobody launched several processes. Reads torchrun's variables (RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR,
/// MASTER_PORT; the port next to it where torchrun listens there itself), else those of Open MPI (OMPI_COMM_WORLD_*), which needs
/// MASTER_ADDR only across machines. Errors: config, naming the variable.
Result<std::optional<CollectiveOptions>> launched_as(const Environment& environment);

}  // namespace xrouter::learner
