// What differs between the versions and backends of c10d, behind one function.
#pragma once

#include <torch/version.h>

#include <torch/csrc/distributed/c10d/Store.hpp>
#include <torch/csrc/distributed/c10d/Types.hpp>
#if TORCH_VERSION_MAJOR >= 2
#include <torch/csrc/distributed/c10d/Backend.hpp>
#else
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#endif

#include "xrouter/base/result.hpp"
#include "xrouter/learner/collective.hpp"

namespace xrouter::torch_learner {

#if TORCH_VERSION_MAJOR >= 2
using C10dGroup = c10d::Backend;
#else
using C10dGroup = c10d::ProcessGroup;
#endif

/// May throw what c10d throws. Errors: config for a backend that is not built in.
Result<c10::intrusive_ptr<C10dGroup>> join_group(const learner::CollectiveOptions& options, const c10::intrusive_ptr<c10d::Store>& store);

}  // namespace xrouter::torch_learner
