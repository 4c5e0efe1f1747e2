// Products with weights that oneDNN has arranged once for its own kernels.
#pragma once

#include <memory>

#include "xrouter/transformer/ops.hpp"

namespace xrouter::transformer::kernels {

/// Products of one oneDNN engine. One thread at a time.
class PackedLinears {
 public:
  virtual ~PackedLinears() = default;
  /// The weight [out, in] in oneDNN's arrangement. `in_place`: it stays as it is and is only referred to.
  virtual std::shared_ptr<const PackedWeight> pack(const Tensor& weight, bool in_place) const = 0;
  /// y = x weight^T + bias in the type of `y`; x is contiguous.
  virtual void multiply(const Tensor& x, const PackedWeight& weight, const Tensor& bias, Tensor& y) const = 0;
  /// Columns of the product.
  virtual std::int64_t columns(const PackedWeight& weight) const = 0;
};

/// Null where this build has no oneDNN.
std::unique_ptr<PackedLinears> make_packed_linears();

}  // namespace xrouter::transformer::kernels
