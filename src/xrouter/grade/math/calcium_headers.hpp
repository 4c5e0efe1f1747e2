// Calcium 0.4 for C++: its headers convert void* without a cast, which C++ refuses. They are included
// with an allocator whose result converts to any pointer; nothing else differs.
#pragma once

#include <acb.h>
#include <acb_poly.h>
#include <antic/nf.h>
#include <antic/nf_elem.h>
#include <flint/flint.h>
#include <flint/fmpq.h>
#include <flint/fmpz_mpoly.h>
#include <flint/fmpz_mpoly_factor.h>
#include <flint/fmpz_poly.h>

namespace xrouter::grade::math {

struct AnyPointer {
  void* value;
  template <typename T>
  operator T*() const {
    return static_cast<T*>(value);
  }
};
inline AnyPointer any_malloc(std::size_t bytes) { return {flint_malloc(bytes)}; }
inline AnyPointer any_realloc(void* old, std::size_t bytes) { return {flint_realloc(old, bytes)}; }

}  // namespace xrouter::grade::math

#define flint_malloc(bytes) ::xrouter::grade::math::any_malloc(bytes)
#define flint_realloc(old, bytes) ::xrouter::grade::math::any_realloc(old, bytes)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <calcium/ca.h>
#include <calcium/fmpz_mpoly_q.h>
#pragma GCC diagnostic pop
#undef flint_malloc
#undef flint_realloc
