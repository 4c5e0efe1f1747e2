// Where exceptions of libtorch end.
#pragma once

#include <new>
#include <string>

#include "xrouter/base/result.hpp"

namespace xrouter::torch_learner {

/// work(), or the exception that left it as an error of kind config; `about` names the model or the folder.
template <class Work>
auto guarded(const std::string& about, const Work& work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return fail(ErrorKind::config, "There is not enough memory for " + about + ".");
  } catch (const std::exception& problem) {
    // libtorch says in words what it refused, out of memory on a device included.
    return fail(ErrorKind::config, "Training cannot go on with " + about + ".", problem.what());
  }
}

}  // namespace xrouter::torch_learner
