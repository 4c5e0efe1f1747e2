#include "xrouter/torch_learner/kernels/cpu_training_ops.hpp"

#include <algorithm>

#include "xrouter/torch_learner/kernels/attention.hpp"
#include "xrouter/torch_learner/kernels/products.hpp"
#include "xrouter/torch_learner/kernels/rows.hpp"
#include "xrouter/transformer/kernels/parallel.hpp"

namespace xrouter::torch_learner::kernels {

#if XROUTER_KERNELS_AVX512

namespace {

using transformer::kernels::share_out;
using transformer::kernels::share_out_rows;

constexpr std::int64_t kVector = 16;

bool whole_vectors(std::int64_t width) { return width % kVector == 0; }

template <class T>
inline constexpr at::ScalarType kType = at::kFloat;
template <>
inline constexpr at::ScalarType kType<Bf16> = at::kBFloat16;

template <class T>
class CpuOps final : public TrainingOps {
 public:
  explicit CpuOps(std::unique_ptr<Products> products) : products_(std::move(products)) {}

  Tensor product(const Tensor& x, const Tensor& w) const override { return multiplied(x, w.t(), kType<T>); }
  Tensor wide_product(const Tensor& x, const Tensor& w) const override { return multiplied(x, w.t(), at::kFloat); }
  void add_product(Tensor sum, const Tensor& x, const Tensor& w, double scale) const override {
    products_->multiply(x, w.t(), sum, true, scale);
  }
  Tensor input_gradient(const Tensor& dy, const Tensor& w) const override { return multiplied(dy, w, at::kFloat); }
  void add_input_gradient(Tensor sum, const Tensor& dy, const Tensor& w, double scale) const override {
    products_->multiply(dy, w, sum, true, scale);
  }
  void add_weight_gradient(Tensor dw, const Tensor& dy, const Tensor& x, double scale) const override {
    products_->multiply(dy.t(), x, dw, true, scale);
  }

  void add_rows(Tensor sums, const Tensor& ids, const Tensor& values) const override {
    if (!sums.is_contiguous() || !values.is_contiguous()) return TrainingOps::add_rows(sums, ids, values);
    // Each task owns some columns: rows that are added to twice are added to in order.
    constexpr std::int64_t kColumns = 128;
    const auto width = sums.size(1), rows = values.size(0);
    const std::int64_t* id = ids.data_ptr<std::int64_t>();
    share_out((width + kColumns - 1) / kColumns, [&](std::int64_t task) {
      const auto begin = task * kColumns, count = std::min(kColumns, width - begin);
      for (std::int64_t row = 0; row < rows; ++row)
        add_row(floats(values) + row * width + begin, static_cast<int>(count), floats(sums) + id[row] * width + begin);
    });
  }

  Normed rms_norm(const Tensor& x, const Tensor& weight, double eps) const override {
    const auto width = x.size(1);
    if (!whole_vectors(width)) return TrainingOps::rms_norm(x, weight, eps);
    Normed normed{at::empty(x.sizes(), weight.options()), at::empty({x.size(0)}, x.options())};
    share_out_rows(x.size(0), width, [&](std::int64_t row) {
      floats(normed.inverse)[row] = rms_norm_row(floats(x) + row * width, values(weight), static_cast<float>(eps), static_cast<int>(width),
                                                 values(normed.values) + row * width);
    });
    return normed;
  }

  void rms_norm_backward(const Tensor& dy, const Tensor& x, const Tensor& inverse, const Tensor& weight, Tensor dx,
                         Tensor dweight) const override {
    const auto width = x.size(1), rows = x.size(0);
    if (!whole_vectors(width)) return TrainingOps::rms_norm_backward(dy, x, inverse, weight, dx, dweight);
    // Sums over rows have a fixed order, whoever computes them.
    constexpr std::int64_t kRowsOfASum = 64;
    const auto sums = (rows + kRowsOfASum - 1) / kRowsOfASum;
    const Tensor partial = dweight.defined() ? at::zeros({sums, width}, at::kFloat) : Tensor();
    share_out(sums, [&](std::int64_t sum) {
      float* own = partial.defined() ? floats(partial) + sum * width : nullptr;
      for (auto row = sum * kRowsOfASum; row < std::min(rows, (sum + 1) * kRowsOfASum); ++row) {
        const auto at = row * width;
        rms_norm_backward_row(floats(dy) + at, floats(x) + at, floats(inverse)[row], values(weight), static_cast<int>(width),
                              floats(dx) + at, own);
      }
    });
    if (!dweight.defined()) return;
    for (std::int64_t sum = 0; sum < sums; ++sum) add_row(floats(partial) + sum * width, static_cast<int>(width), floats(dweight));
  }

  Tensor silu_mul(const Tensor& gate_up) const override {
    const auto n = gate_up.size(1) / 2;
    if (!whole_vectors(n)) return TrainingOps::silu_mul(gate_up);
    Tensor out = at::empty({gate_up.size(0), n}, gate_up.options());
    share_out_rows(gate_up.size(0), 2 * n,
                   [&](std::int64_t row) { silu_mul_row(values(gate_up) + row * 2 * n, static_cast<int>(n), values(out) + row * n); });
    return out;
  }

  Tensor silu_mul_backward(const Tensor& dy, const Tensor& gate_up) const override {
    const auto n = gate_up.size(1) / 2;
    if (!whole_vectors(n)) return TrainingOps::silu_mul_backward(dy, gate_up);
    Tensor out = at::empty(gate_up.sizes(), gate_up.options());
    share_out_rows(gate_up.size(0), 4 * n, [&](std::int64_t row) {
      silu_mul_backward_row(floats(dy) + row * n, values(gate_up) + row * 2 * n, static_cast<int>(n), values(out) + row * 2 * n);
    });
    return out;
  }

  Tensor rotate_heads(const Tensor& qkv, const HeadShape& shape, const HeadNorms& norms, const Rotary& rotary) const override {
    if (!fits(shape) || norms.q.defined()) return TrainingOps::rotate_heads(qkv, shape, norms, rotary);
    Tensor out = at::empty(qkv.sizes(), qkv.options());
    share_out_rows(qkv.size(0), qkv.size(1), [&](std::int64_t row) {
      const Turn turn(shape, rotary, row);
      const T* from = values(qkv) + row * qkv.size(1);
      rotate_row(from, turn.heads, turn.dim, turn.cos, turn.sin, values(out) + row * qkv.size(1));
      std::copy_n(from + turn.rotated(), turn.rest, values(out) + row * qkv.size(1) + turn.rotated());
    });
    return out;
  }

  Tensor rotate_heads_backward(const Tensor& dy, const Tensor& qkv, const HeadShape& shape, const HeadNorms& norms, const HeadNorms& dnorms,
                               const Rotary& rotary) const override {
    if (!fits(shape) || norms.q.defined()) return TrainingOps::rotate_heads_backward(dy, qkv, shape, norms, dnorms, rotary);
    Tensor out = at::empty(qkv.sizes(), qkv.options());
    share_out_rows(qkv.size(0), qkv.size(1), [&](std::int64_t row) {
      const Turn turn(shape, rotary, row);
      const float* from = floats(dy) + row * qkv.size(1);
      rotate_back_row(from, turn.heads, turn.dim, turn.cos, turn.sin, values(out) + row * qkv.size(1));
      narrow_row(from + turn.rotated(), turn.rest, values(out) + row * qkv.size(1) + turn.rotated());
    });
    return out;
  }

  Attended attend(const Tensor& qkv, const HeadShape& shape, const TreeAttention& plan) const override {
    return fits(shape) ? kernels::attend<T>(qkv, shape, plan) : TrainingOps::attend(qkv, shape, plan);
  }

  Tensor attend_backward(const Tensor& dy, const Attended& attended, const Tensor& qkv, const HeadShape& shape,
                         const TreeAttention& plan) const override {
    return fits(shape) ? kernels::attend_backward<T>(dy, attended, qkv, shape, plan)
                       : TrainingOps::attend_backward(dy, attended, qkv, shape, plan);
  }

  RowScores score_rows(const Tensor& logits, const Tensor& chosen) const override {
    const auto rows = logits.size(0), width = logits.size(1);
    const auto column = [&] { return at::empty({rows}, at::kFloat); };
    RowScores scores{column(), column(), column()};
    share_out_rows(rows, width, [&](std::int64_t row) {
      const float* own = floats(logits) + row * width;
      const RowScore score = score_row(own, static_cast<int>(width));
      floats(scores.lse)[row] = score.lse;
      floats(scores.entropy)[row] = score.entropy;
      floats(scores.logprob)[row] = own[chosen.data_ptr<std::int64_t>()[row]] - score.lse;
    });
    return scores;
  }

  Tensor score_rows_backward(const Tensor& logits, const RowScores& scores, const Tensor& chosen, const Tensor& by_logprob,
                             const Tensor& by_entropy, at::ScalarType) const override {
    const auto width = logits.size(1);
    Tensor out = at::empty(logits.sizes(), at::TensorOptions().dtype(kType<T>));
    share_out_rows(logits.size(0), width, [&](std::int64_t row) {
      const RowScore score{floats(scores.lse)[row], floats(scores.entropy)[row]};
      score_backward_row(floats(logits) + row * width, static_cast<int>(width), score,
                         static_cast<int>(chosen.data_ptr<std::int64_t>()[row]), floats(by_logprob)[row], floats(by_entropy)[row],
                         values(out) + row * width);
    });
    return out;
  }

 private:
  /// What turning one row of [q, k, v] needs.
  struct Turn {
    int heads, dim, rest;
    const float *cos, *sin;
    Turn(const HeadShape& shape, const Rotary& rotary, std::int64_t row)
        : heads(static_cast<int>(shape.heads + shape.kv_heads)),
          dim(static_cast<int>(shape.head_dim)),
          rest(static_cast<int>(shape.kv_heads * shape.head_dim)),
          cos(floats(rotary.cos) + row * shape.head_dim / 2),
          sin(floats(rotary.sin) + row * shape.head_dim / 2) {}
    std::int64_t rotated() const { return std::int64_t{heads} * dim; }
  };

  static float* floats(const Tensor& x) { return x.data_ptr<float>(); }
  static T* values(const Tensor& x) { return static_cast<T*>(x.data_ptr()); }

  Tensor multiplied(const Tensor& a, const Tensor& b, at::ScalarType type) const {
    Tensor c = at::empty({a.size(0), b.size(1)}, at::TensorOptions().dtype(type));
    products_->multiply(a, b, c, false, 1);
    return c;
  }

  std::unique_ptr<Products> products_;
};

}  // namespace

std::shared_ptr<const TrainingOps> make_cpu_training_ops(at::ScalarType type) {
  auto products = make_products();
  if (products == nullptr || !transformer::kernels::processor_is_wide()) return nullptr;
  if (type == at::kFloat) return std::make_shared<CpuOps<float>>(std::move(products));
  if (type == at::kBFloat16) return std::make_shared<CpuOps<Bf16>>(std::move(products));
  return nullptr;
}

#else

std::shared_ptr<const TrainingOps> make_cpu_training_ops(at::ScalarType) { return nullptr; }

#endif

}  // namespace xrouter::torch_learner::kernels
