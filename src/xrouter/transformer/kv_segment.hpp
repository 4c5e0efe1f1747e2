// A stretch of keys and values of all layers: the unit that sequences share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "xrouter/transformer/torch_api.hpp"

namespace xrouter::transformer {

struct KvLayout {
  std::int64_t layers = 0;
  std::int64_t kv_heads = 0;
  std::int64_t head_dim = 0;
  at::ScalarType dtype = at::kFloat;
  at::Device device = at::kCPU;

  std::int64_t bytes_per_token() const;
};

/// Room for `capacity` tokens. For each layer keys and values are contiguous [kv_heads, capacity, head_dim];
/// keys are normed and rotated already. Which rows mean something is known to the sequences that hold it.
class KvSegment {
 public:
  KvSegment(const KvLayout& layout, std::int64_t capacity);
  std::int64_t capacity() const { return capacity_; }
  std::size_t bytes() const;
  const Tensor& keys(std::int64_t layer) const { return keys_[static_cast<std::size_t>(layer)]; }
  const Tensor& values(std::int64_t layer) const { return values_[static_cast<std::size_t>(layer)]; }
  /// [layers, 2, kv_heads, capacity, head_dim].
  const Tensor& data() const { return data_; }

 private:
  std::int64_t capacity_;
  Tensor data_;
  std::vector<Tensor> keys_, values_;  // views of data_
};

}  // namespace xrouter::transformer
