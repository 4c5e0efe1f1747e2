#include "xrouter/transformer/kernels/simd.hpp"

namespace xrouter::transformer::kernels {

bool processor_is_wide() {
#if XROUTER_KERNELS_AVX512
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vnni") &&
         __builtin_cpu_supports("fma");
#else
  return false;
#endif
}

}  // namespace xrouter::transformer::kernels
