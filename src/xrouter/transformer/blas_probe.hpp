// Whether the BLAS beneath libtorch knows this processor.
#pragma once

#include <string>

namespace xrouter::transformer {

/// A sentence for the operator when products in float32 will be several times slower than they need to be
/// (the reference BLAS, or an OpenBLAS that took the processor for an old one), and "" when all is well.
/// Takes up to 0.1 s where it has to measure.
std::string blas_warning();

}  // namespace xrouter::transformer
