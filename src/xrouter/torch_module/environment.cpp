#include "xrouter/torch_module/environment.hpp"

#include <malloc.h>

#include <cstdlib>

namespace xrouter::torch_module {

const char* openblas_core_type() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd");
  if (avx512) return "SkylakeX";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "Haswell";
#endif
  return "";
}

void prepare_environment() {
  constexpr int kKeepTheUsersOwn = 0;
  const char* core = openblas_core_type();
  if (*core != '\0') setenv("OPENBLAS_CORETYPE", core, kKeepTheUsersOwn);
  setenv("OMP_WAIT_POLICY", "passive", kKeepTheUsersOwn);
  // A pass has a few hundred parallel regions a few microseconds apart: going to sleep in each of the gaps makes decoding
  // 1.6 times slower. A spin of well below a millisecond bridges them, and is over soon when the model has nothing to do.
  setenv("GOMP_SPINCOUNT", "20000", kKeepTheUsersOwn);
#if defined(__GLIBC__)
  // Activations of up to 32 MiB come from the heap and stay there. Left to itself, malloc would map and
  // unmap them in every layer, and the page faults cost as much as the arithmetic.
  constexpr int kMiB = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, 32 * kMiB);
  mallopt(M_TRIM_THRESHOLD, 512 * kMiB);
  mallopt(M_TOP_PAD, 64 * kMiB);
#endif
}

}  // namespace xrouter::torch_module
