// The processes of a run, joined by libtorch's c10d: Gloo between processors, NCCL between GPUs.
#pragma once

#include <memory>

#include "xrouter/learner/collective.hpp"

namespace xrouter::torch_learner {

/// Waits until all processes are there. With one process it is learner::Alone, and nothing listens.
/// Errors: io (nobody answered in time, the port is taken), config (built without the library that the device needs).
/// After the first error of a call every later call fails with it: the connections are in no known state.
/// Not thread-safe. Throws nothing.
Result<std::unique_ptr<learner::Collective>> make_collective(const learner::CollectiveOptions& options);

}  // namespace xrouter::torch_learner
