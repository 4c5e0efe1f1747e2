#include "xrouter/transformer/blas_probe.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string_view>

#include "xrouter/base/clock.hpp"
#include "xrouter/torch_module/environment.hpp"
#include "xrouter/transformer/torch_api.hpp"

namespace xrouter::transformer {

namespace {

/// "" when the BLAS is not OpenBLAS or is part of libtorch itself.
std::string openblas_core() {
  void* library = dlopen("libblas.so.3", RTLD_LAZY | RTLD_NOLOAD);
  if (library == nullptr) return "";
  using CoreName = const char* (*)();
  const auto name = reinterpret_cast<CoreName>(dlsym(library, "openblas_get_corename"));
  return name == nullptr ? "" : name();
}

double measured_gflops() {
  constexpr std::int64_t kSize = 320;
  const Tensor a = at::ones({kSize, kSize}), b = at::ones({kSize, kSize});
  double best = 0;
  for (int round = 0; round < 3; ++round) {
    const TimePoint begin = system_clock().now();
    at::mm(a, b);
    const std::chrono::duration<double> seconds = system_clock().now() - begin;
    best = std::max(best, 2e-9 * kSize * kSize * kSize / seconds.count());
  }
  return best;
}

}  // namespace

std::string blas_warning() {
  const std::string core = openblas_core();
  if (!core.empty()) {
    const bool modern = *torch_module::openblas_core_type() != '\0';
    if (!modern || (core != "Prescott" && core != "Generic" && core != "Core2")) return "";
    return "OpenBLAS takes this processor for a " + core + ": float32 is up to ten times slower. Set OPENBLAS_CORETYPE=" + torch_module::openblas_core_type() +
           " before the program starts";
  }
  constexpr double kReferenceBlasNeverReaches = 10;
  const double gflops = measured_gflops();
  if (gflops > kReferenceBlasNeverReaches) return "";
  return "matrix products in float32 run at " + std::to_string(std::lround(gflops)) +
         " GFLOP/s: libblas.so.3 is probably the reference BLAS; install libopenblas0-pthread";
}

}  // namespace xrouter::transformer
