#include "xrouter/transformer/kernels/cpu_ops.hpp"

#include "xrouter/transformer/kernels/block_plan.hpp"
#include "xrouter/transformer/kernels/packed_linear.hpp"
#include "xrouter/transformer/kernels/parallel.hpp"
#include "xrouter/transformer/kernels/rows.hpp"

namespace xrouter::transformer::kernels {

namespace {

/// Products by packed weights; everything else is plain.
class PackedOps : public Ops {
 public:
  explicit PackedOps(std::unique_ptr<PackedLinears> linears) : linears_(std::move(linears)) {}

  void prepare(Linear& linear, bool is_embedding) const override {
    linear.packed = linears_->pack(linear.weight, is_embedding);
    if (!is_embedding) linear.weight = Tensor();
  }

  Tensor linear(const Tensor& x, const Linear& layer) const override {
    Tensor y = product(x, layer, x.scalar_type());
    for (const LowRank& update : layer.low_rank)
      y.narrow(1, update.begin, update.b.size(0)).add_(at::linear(at::linear(x, update.a), update.b), update.scale);
    return y;
  }

  Tensor logits(const Tensor& hidden, const Linear& head) const override { return product(hidden, head, at::kFloat); }

 private:
  Tensor product(const Tensor& x, const Linear& layer, at::ScalarType type) const {
    Tensor y = at::empty({x.size(0), linears_->columns(*layer.packed)}, x.options().dtype(type));
    linears_->multiply(x.contiguous(), *layer.packed, layer.bias, y);
    return y;
  }

  std::unique_ptr<PackedLinears> linears_;
};

#if XROUTER_KERNELS_AVX512

Bf16* data_of(const Tensor& tensor) { return static_cast<Bf16*>(tensor.data_ptr()); }

bool whole_vectors(std::int64_t width) { return width % 16 == 0; }

class Bf16Ops final : public PackedOps {
 public:
  using PackedOps::PackedOps;

  Tensor embed(const Tensor& table, const Tensor& ids) const override { return at::embedding(table, ids).to(at::kFloat); }

  Tensor rms_norm(const Tensor& x, const Tensor& weight, double eps) const override {
    const auto width = x.size(1);
    if (!whole_vectors(width)) return Ops::rms_norm(x, weight, eps).to(at::kBFloat16);
    Tensor out = at::empty(x.sizes(), weight.options());
    const float* from = x.data_ptr<float>();
    share_out_rows(x.size(0), width, [&](std::int64_t row) {
      rms_norm_row(from + row * width, data_of(weight), static_cast<float>(eps), static_cast<int>(width), data_of(out) + row * width);
    });
    return out;
  }

  Tensor add_rms_norm(Tensor& residual, const Tensor& delta, const Tensor& weight, double eps) const override {
    const auto width = residual.size(1);
    if (!whole_vectors(width)) {
      residual = residual + delta;
      return Ops::rms_norm(residual, weight, eps).to(at::kBFloat16);
    }
    Tensor out = at::empty(residual.sizes(), weight.options());
    float* sum = residual.data_ptr<float>();
    share_out_rows(residual.size(0), width, [&](std::int64_t row) {
      const auto at = row * width;
      add_rms_norm_row(sum + at, data_of(delta) + at, data_of(weight), static_cast<float>(eps), static_cast<int>(width), data_of(out) + at);
    });
    return out;
  }

  Tensor silu_mul(const Tensor& gate_up) const override {
    const auto width = gate_up.size(1) / 2;
    if (!whole_vectors(width)) return Ops::silu_mul(gate_up);
    Tensor out = at::empty({gate_up.size(0), width}, gate_up.options());
    share_out_rows(gate_up.size(0), 2 * width, [&](std::int64_t row) {
      silu_mul_row(data_of(gate_up) + row * 2 * width, static_cast<int>(width), data_of(out) + row * width);
    });
    return out;
  }

  Heads split_heads(const Tensor& qkv, const HeadShape& shape, const HeadNorms& norms, const Rotary& rotary) const override {
    if (shape.head_dim % 32 != 0) return Ops::split_heads(qkv, shape, norms, rotary);
    const auto tokens = qkv.size(0), dim = shape.head_dim;
    const auto made = [&](std::int64_t heads) { return at::empty({tokens, heads, dim}, qkv.options()); };
    Heads heads{made(shape.heads), made(shape.kv_heads), made(shape.kv_heads)};
    const Tensor cos = rotary.cos.contiguous(), sin = rotary.sin.contiguous();
    share_out_rows(tokens, qkv.size(1), [&](std::int64_t token) {
      const Bf16* from = data_of(qkv) + token * qkv.size(1);
      RotatedHead by{nullptr, static_cast<float>(norms.eps), cos.data_ptr<float>() + token * dim / 2, sin.data_ptr<float>() + token * dim / 2,
                     static_cast<int>(dim)};
      if (norms.q.defined()) by.norm = data_of(norms.q);
      for (std::int64_t head = 0; head < shape.heads; ++head, from += dim) rotate_head(from, by, data_of(heads.q) + (token * shape.heads + head) * dim);
      by.norm = norms.k.defined() ? data_of(norms.k) : nullptr;
      for (std::int64_t head = 0; head < shape.kv_heads; ++head, from += dim)
        rotate_head(from, by, data_of(heads.k) + (token * shape.kv_heads + head) * dim);
      std::copy_n(from, shape.kv_heads * dim, data_of(heads.v) + token * shape.kv_heads * dim);
    });
    return heads;
  }

  void store(const Heads& heads, const AttentionPlan& plan, std::int64_t layer) const override {
    const auto kv_heads = heads.k.size(1), dim = heads.k.size(2);
    const Tensor k = heads.k.contiguous(), v = heads.v.contiguous();
    const auto copy_row = [&](const Tensor& to, std::int64_t capacity, std::int64_t key, const Tensor& from, std::int64_t token) {
      for (std::int64_t head = 0; head < kv_heads; ++head)
        std::copy_n(data_of(from) + (token * kv_heads + head) * dim, dim, data_of(to) + (head * capacity + key) * dim);
    };
    for (const FreshKeys& fresh : plan.fresh) {
      if (fresh.segment == nullptr) continue;
      const Tensor &keys = fresh.segment->keys(layer), &values = fresh.segment->values(layer);
      for (std::int64_t i = 0; i < fresh.count; ++i) {
        copy_row(keys, fresh.segment->capacity(), fresh.own + i, k, fresh.first_token + i);
        copy_row(values, fresh.segment->capacity(), fresh.own + i, v, fresh.first_token + i);
      }
    }
  }

  Tensor attention(const Heads& heads, const AttentionPlan& plan, std::int64_t layer) const override {
    const HeadShape shape{heads.q.size(1), heads.k.size(1), heads.q.size(2)};
    if (!fits_blocks(shape) || !is_cached(plan)) return Ops::attention(heads, plan, layer);
    if (plan.kernel == nullptr) plan.kernel = std::make_shared<BlockPlan>(plan, shape);
    const Tensor q = heads.q.contiguous();
    Tensor out = at::empty({plan.queries, shape.heads * shape.head_dim}, q.options());
    static_cast<const BlockPlan&>(*plan.kernel).run(layer, data_of(q), data_of(out));
    return out;
  }

 private:
  static bool is_cached(const AttentionPlan& plan) {
    return std::all_of(plan.fresh.begin(), plan.fresh.end(), [](const FreshKeys& fresh) { return fresh.segment != nullptr; });
  }
};

#endif

}  // namespace

std::shared_ptr<const Ops> make_cpu_bf16_ops() {
#if XROUTER_KERNELS_AVX512
  auto linears = make_packed_linears();
  if (linears != nullptr && processor_is_wide()) return std::make_shared<Bf16Ops>(std::move(linears));
#endif
  return nullptr;
}

std::shared_ptr<const Ops> make_cpu_f32_ops() {
  auto linears = make_packed_linears();
  return linears == nullptr ? nullptr : std::make_shared<PackedOps>(std::move(linears));
}

}  // namespace xrouter::transformer::kernels
