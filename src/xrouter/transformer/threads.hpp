// How many CPU threads a forward pass uses, whichever thread calls it.
#pragma once

namespace xrouter::transformer {

/// Cores that this process may run on.
int available_cores();

/// Sets libtorch's, OpenMP's and OpenBLAS's number of threads for passes called on the current thread.
/// Cheap when nothing changes. The OpenMP setting is per calling thread, so every pass begins with it.
void use_threads(int count);

}  // namespace xrouter::transformer
