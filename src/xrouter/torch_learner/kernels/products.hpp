// Matrix products by oneDNN, in the types that training mixes: bf16 in, float32 out, added to what is there.
#pragma once

#include <memory>

#include "xrouter/transformer/torch_api.hpp"

namespace xrouter::torch_learner::kernels {

using transformer::Tensor;

/// One thread at a time; the products themselves use libtorch's threads.
class Products {
 public:
  virtual ~Products() = default;
  /// c [m, n] = scale * a [m, k] b [k, n] (+ c, with `add`). Views are fine as long as rows or columns are contiguous. a and
  /// b are of one type, bf16 or float32; c is of that type or float32.
  virtual void multiply(const Tensor& a, const Tensor& b, const Tensor& c, bool add, double scale) const = 0;
};

/// nullptr where oneDNN is absent.
std::unique_ptr<Products> make_products();

}  // namespace xrouter::torch_learner::kernels
