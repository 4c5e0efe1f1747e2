#include "xrouter/transformer/threads.hpp"

#include <dlfcn.h>
#include <sched.h>

#include <algorithm>
#include <thread>

#include "xrouter/transformer/torch_api.hpp"

namespace xrouter::transformer {

namespace {

/// OpenBLAS of the pthread flavour has threads of its own, of which libtorch knows nothing.
void set_openblas_threads(int count) {
  using SetThreads = void (*)(int);
  static const auto set = [] {
    void* library = dlopen("libblas.so.3", RTLD_LAZY | RTLD_NOLOAD);
    return library == nullptr ? nullptr : reinterpret_cast<SetThreads>(dlsym(library, "openblas_set_num_threads"));
  }();
  if (set != nullptr) set(count);
}

}  // namespace

int available_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void use_threads(int count) {
  thread_local int current = 0;
  if (current == count) return;
  at::set_num_threads(count);
  set_openblas_threads(count);
  current = count;
}

}  // namespace xrouter::transformer
