// What libtorch's numeric libraries read from the environment, once, while they are being loaded.
#pragma once

namespace xrouter::torch_module {

/// Sets what the user has not set: OPENBLAS_CORETYPE (OpenBLAS takes a processor that it does not know for a
/// Pentium and is ten times slower), ATEN_CPU_CAPABILITY, OMP_WAIT_POLICY=passive (waiting threads do not
/// spin beside the HTTP workers), and tells malloc to keep what it has, because every pass allocates the
/// same again. Call it before libtorch is loaded and while no other thread reads the environment.
void prepare_environment();

/// The core type that fits this processor; "" when OpenBLAS is better left to itself.
const char* openblas_core_type();

}  // namespace xrouter::torch_module
