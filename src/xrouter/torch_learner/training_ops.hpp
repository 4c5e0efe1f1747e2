// The operations that training is made of, each with its derivative, written out: no autograd graph, so what is kept
// between forward and backward is what a layer says, and gradients of weights are summed in float32 where they belong.
//
// Two types are at work: weights and what goes into products are in the computation's type C (bf16, float32; float64 in
// tests); the residual stream, sums, norms, softmax and all gradients of weights are in its accumulation type A (float32,
// or float64). TrainingOps itself is made of torch operations and runs on every device; make_training_ops() gives
// what is fastest on the processor. T is the number of tokens of a pass.
#pragma once

#include <memory>

#include "xrouter/torch_learner/tree_pass.hpp"
#include "xrouter/transformer/ops.hpp"

namespace xrouter::torch_learner {

using transformer::HeadNorms;
using transformer::HeadShape;
using transformer::Rotary;

struct Normed {
  Tensor values;   ///< C [T, width]
  Tensor inverse;  ///< A [T]: one over the root of the mean square
};

struct Attended {
  Tensor values;  ///< C [queries, heads * head_dim]
  Tensor lse;     ///< A [queries, heads]: log of the sum of the exponentials
};

/// Of softmaxes over rows of logits, A [rows] each.
struct RowScores {
  Tensor lse, logprob, entropy;
};

class TrainingOps {
 public:
  virtual ~TrainingOps() = default;

  /// x w^T, C [T, out], of x C [T, in] and w C [out, in].
  virtual Tensor product(const Tensor& x, const Tensor& w) const;
  /// The same in A.
  virtual Tensor wide_product(const Tensor& x, const Tensor& w) const;
  /// sum [T, out] += scale * x w^T; the sum is in A or C.
  virtual void add_product(Tensor sum, const Tensor& x, const Tensor& w, double scale = 1) const;
  /// dy w, A [T, in]: what a product's input gets.
  virtual Tensor input_gradient(const Tensor& dy, const Tensor& w) const;
  /// sum [T, in] += scale * dy w; the sum is in A or C.
  virtual void add_input_gradient(Tensor sum, const Tensor& dy, const Tensor& w, double scale = 1) const;
  /// dw A [out, in] += scale * dy^T x: what a product's weight gets.
  virtual void add_weight_gradient(Tensor dw, const Tensor& dy, const Tensor& x, double scale = 1) const;

  /// table[ids] in A.
  virtual Tensor embed(const Tensor& table, const Tensor& ids) const;
  /// sums A [rows, width]: row ids[i] += values A [i]. The order of additions is that of i.
  virtual void add_rows(Tensor sums, const Tensor& ids, const Tensor& values) const;

  /// Of x A [T, width].
  virtual Normed rms_norm(const Tensor& x, const Tensor& weight, double eps) const;
  /// dx A += the norm's gradient; dweight A += its weight's, unless undefined.
  virtual void rms_norm_backward(const Tensor& dy, const Tensor& x, const Tensor& inverse, const Tensor& weight, Tensor dx,
                                 Tensor dweight) const;

  /// [gate, up] C [T, 2 n] to silu(gate) * up C [T, n].
  virtual Tensor silu_mul(const Tensor& gate_up) const;
  /// C [T, 2 n] of dy A [T, n].
  virtual Tensor silu_mul_backward(const Tensor& dy, const Tensor& gate_up) const;

  /// Norms (where there are any) and rotates the heads of q and k in [q, k, v] C [T, (heads + 2 kv_heads) head_dim].
  virtual Tensor rotate_heads(const Tensor& qkv, const HeadShape& shape, const HeadNorms& norms, const Rotary& rotary) const;
  /// C, from the gradient A of what rotate_heads() gave; `qkv` is what it was given, `dnorms` as dweight above.
  virtual Tensor rotate_heads_backward(const Tensor& dy, const Tensor& qkv, const HeadShape& shape, const HeadNorms& norms,
                                       const HeadNorms& dnorms, const Rotary& rotary) const;

  /// Each query of the plan over itself and its ancestors; qkv as rotate_heads() gives it.
  virtual Attended attend(const Tensor& qkv, const HeadShape& shape, const TreeAttention& plan) const;
  /// A [T, (heads + 2 kv_heads) head_dim] of dy A [queries, heads * head_dim]. Probabilities are computed anew.
  virtual Tensor attend_backward(const Tensor& dy, const Attended& attended, const Tensor& qkv, const HeadShape& shape,
                                 const TreeAttention& plan) const;

  /// Of logits A [rows, columns]; minus infinity: not allowed. `chosen`: int64 [rows].
  virtual RowScores score_rows(const Tensor& logits, const Tensor& chosen) const;
  /// d logits in `type`, of gradients A [rows] by log-prob of what was chosen and by entropy.
  virtual Tensor score_rows_backward(const Tensor& logits, const RowScores& scores, const Tensor& chosen, const Tensor& by_logprob,
                                     const Tensor& by_entropy, at::ScalarType type) const;

  virtual Tensor narrowed(const Tensor& x, at::ScalarType type) const;
};

/// The fastest there are for this type on this device. Never null.
std::shared_ptr<const TrainingOps> make_training_ops(at::ScalarType type, at::Device device);

}  // namespace xrouter::torch_learner
