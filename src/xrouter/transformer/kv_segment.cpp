#include "xrouter/transformer/kv_segment.hpp"

namespace xrouter::transformer {

std::int64_t KvLayout::bytes_per_token() const {
  return layers * 2 * kv_heads * head_dim * static_cast<std::int64_t>(c10::elementSize(dtype));
}

KvSegment::KvSegment(const KvLayout& layout, std::int64_t capacity) : capacity_(capacity) {
  // Made within a pass, written between passes too: libtorch allows that for ordinary tensors only.
  const c10::InferenceMode ordinary(false);
  data_ = at::empty({layout.layers, 2, layout.kv_heads, capacity, layout.head_dim}, at::TensorOptions().dtype(layout.dtype).device(layout.device));
  for (std::int64_t layer = 0; layer < layout.layers; ++layer) {
    keys_.push_back(data_.select(0, layer).select(0, 0));
    values_.push_back(data_.select(0, layer).select(0, 1));
  }
}

std::size_t KvSegment::bytes() const { return data_.nbytes(); }

}  // namespace xrouter::transformer
