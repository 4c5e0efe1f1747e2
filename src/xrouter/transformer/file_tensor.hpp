// A tensor of a model file as libtorch sees it.
#pragma once

#include "xrouter/transformer/torch_api.hpp"
#include "xrouter/weights/model_files.hpp"

namespace xrouter::transformer {

/// Refers to the file's bytes: valid as long as the argument's owner, and only to be read.
inline Tensor file_tensor(const weights::Tensor& source) {
  const auto type = source.dtype == weights::DType::f32 ? at::kFloat : source.dtype == weights::DType::f16 ? at::kHalf : at::kBFloat16;
  return at::from_blob(const_cast<std::byte*>(source.bytes.data()), source.shape, at::TensorOptions().dtype(type));
}

}  // namespace xrouter::transformer
