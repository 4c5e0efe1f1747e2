// The operations that the decoder's layers are made of: the seam between the model and its kernels.
//
// Ops itself is the plain implementation in torch operations. It works on every device, and autograd goes
// through it. kernels/ overrides what it has something faster for, on the CPU and without gradients. T is
// the number of tokens of a pass, all sequences behind each other; R the rows that are asked for.
#pragma once

#include <memory>
#include <vector>

#include "xrouter/transformer/attention_plan.hpp"
#include "xrouter/transformer/torch_api.hpp"

namespace xrouter::transformer {

/// scale * b (a x), added to the output columns [begin, begin + b.size(0)) of a linear layer.
struct LowRank {
  Tensor a, b;  ///< [rank, in], [columns, rank]
  double scale = 1;
  std::int64_t begin = 0;
};

/// A weight in a form that a kernel made of it.
struct PackedWeight {
  virtual ~PackedWeight() = default;
};

/// y = x weight^T + bias (+ low-rank updates). Projections of the same input are fused: [q; k; v], [gate; up].
struct Linear {
  Tensor weight;  ///< [out, in]; may be undefined once a kernel has packed it
  Tensor bias;    ///< [out] or undefined
  std::vector<LowRank> low_rank;
  std::shared_ptr<const PackedWeight> packed;
};

/// Rows of cosines and sines for the tokens of a pass, float32 [T, head_dim / 2].
struct Rotary {
  Tensor cos, sin;
};

struct HeadShape {
  std::int64_t heads = 0, kv_heads = 0, head_dim = 0;
};

/// RMS norms of the heads of q and k (Qwen3); undefined weights: none.
struct HeadNorms {
  Tensor q, k;  ///< [head_dim]
  double eps = 0;
};

/// [T, heads, head_dim] and twice [T, kv_heads, head_dim].
struct Heads {
  Tensor q, k, v;
};

class Ops {
 public:
  virtual ~Ops() = default;

  /// Called once for each linear layer after loading and after adapters. A kernel may pack the weight and
  /// release the original; `is_embedding`: embed() reads the same weight, which must stay.
  virtual void prepare(Linear& linear, bool is_embedding) const;

  /// Rows of the table: the residual stream [T, hidden] of the pass, in the type that the other
  /// operations of this object want it in.
  virtual Tensor embed(const Tensor& table, const Tensor& ids) const;
  /// x [T, in] to [T, out].
  virtual Tensor linear(const Tensor& x, const Linear& layer) const;
  virtual Tensor rms_norm(const Tensor& x, const Tensor& weight, double eps) const;
  /// residual += delta, then its norm.
  virtual Tensor add_rms_norm(Tensor& residual, const Tensor& delta, const Tensor& weight, double eps) const;
  /// [gate, up] [T, 2 n] to silu(gate) * up [T, n].
  virtual Tensor silu_mul(const Tensor& gate_up) const;
  /// down(silu_mul(gate_up(x))).
  virtual Tensor mlp(const Tensor& x, const Linear& gate_up, const Linear& down) const;
  /// Splits [q, k, v] [T, (heads + 2 kv_heads) head_dim] into heads, norms q and k, rotates q and k.
  virtual Heads split_heads(const Tensor& qkv, const HeadShape& shape, const HeadNorms& norms, const Rotary& rotary) const;
  /// Writes k and v into the fresh segments of the plan. No gradient flows through the cache.
  virtual void store(const Heads& heads, const AttentionPlan& plan, std::int64_t layer) const;
  /// Softmax attention of q [R, heads, head_dim] as the plan says, after store(): [R, heads * head_dim].
  /// k and v of the pass, [T, kv_heads, head_dim], are read where the plan has no segment.
  virtual Tensor attention(const Heads& heads, const AttentionPlan& plan, std::int64_t layer) const;
  /// Logits [R, vocab] in float32 (float64 for a float64 model), not rounded to bf16 on the way.
  virtual Tensor logits(const Tensor& hidden, const Linear& head) const;
};

}  // namespace xrouter::transformer
