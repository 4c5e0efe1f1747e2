// What the kernels' own code needs of the processor: AVX-512 with dot products in bf16 and int8. Functions that use it carry
// XROUTER_AVX512, and nobody calls them before processor_is_wide() has said yes.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#define XROUTER_KERNELS_AVX512 1
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // g++ 12's header uses its own undefined vectors (GCC bug 105593)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wignored-attributes"
#endif
#include <immintrin.h>
#define XROUTER_AVX512_FEATURES "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx512vnni,fma"
#define XROUTER_AVX512 __attribute__((target(XROUTER_AVX512_FEATURES)))
#define XROUTER_AVX512_INLINE __attribute__((target(XROUTER_AVX512_FEATURES), always_inline)) inline
#else
#define XROUTER_KERNELS_AVX512 0
#endif

namespace xrouter::transformer::kernels {

/// The upper half of a float32.
using Bf16 = std::uint16_t;

/// Whether the processor has everything that XROUTER_AVX512 stands for, and the system saves its registers.
bool processor_is_wide();

}  // namespace xrouter::transformer::kernels
