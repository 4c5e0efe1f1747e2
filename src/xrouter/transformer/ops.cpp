#include "xrouter/transformer/ops.hpp"

#include "xrouter/transformer/plain_attention.hpp"

namespace xrouter::transformer {

namespace {

Tensor rotate(const Tensor& x, const Rotary& rotary) {
  const auto half = x.size(2) / 2;
  const auto type = accumulation_type(x.scalar_type());
  const Tensor first = x.narrow(2, 0, half).to(type);
  const Tensor second = x.narrow(2, half, half).to(type);
  const Tensor cos = rotary.cos.to(type).unsqueeze(1);
  const Tensor sin = rotary.sin.to(type).unsqueeze(1);
  return at::cat({first * cos - second * sin, second * cos + first * sin}, 2).to(x.scalar_type());
}

Tensor add_low_rank(Tensor y, const Tensor& x, const Linear& layer) {
  for (const LowRank& update : layer.low_rank) {
    const Tensor delta = at::linear(at::linear(x, update.a), update.b) * update.scale;
    const auto behind = y.size(1) - update.begin - delta.size(1);
    y = y + at::constant_pad_nd(delta, {update.begin, behind});
  }
  return y;
}

}  // namespace

void Ops::prepare(Linear&, bool) const {}

Tensor Ops::embed(const Tensor& table, const Tensor& ids) const { return at::embedding(table, ids); }

Tensor Ops::linear(const Tensor& x, const Linear& layer) const {
  Tensor y = layer.bias.defined() ? at::linear(x, layer.weight, layer.bias) : at::linear(x, layer.weight);
  return layer.low_rank.empty() ? y : add_low_rank(std::move(y), x, layer);
}

Tensor Ops::rms_norm(const Tensor& x, const Tensor& weight, double eps) const {
  const auto type = accumulation_type(x.scalar_type());
  const Tensor wide = x.to(type);
  const Tensor scale = at::rsqrt(wide.square().mean({-1}, true) + eps);
  return (wide * scale * weight.to(type)).to(x.scalar_type());
}

Tensor Ops::add_rms_norm(Tensor& residual, const Tensor& delta, const Tensor& weight, double eps) const {
  residual = residual + delta;
  return rms_norm(residual, weight, eps);
}

Tensor Ops::silu_mul(const Tensor& gate_up) const {
  const auto n = gate_up.size(1) / 2;
  return at::silu(gate_up.narrow(1, 0, n)) * gate_up.narrow(1, n, n);
}

Tensor Ops::mlp(const Tensor& x, const Linear& gate_up, const Linear& down) const {
  return linear(silu_mul(linear(x, gate_up)), down);
}

Heads Ops::split_heads(const Tensor& qkv, const HeadShape& shape, const HeadNorms& norms, const Rotary& rotary) const {
  const auto tokens = qkv.size(0);
  const auto q_width = shape.heads * shape.head_dim;
  const auto kv_width = shape.kv_heads * shape.head_dim;
  Tensor q = qkv.narrow(1, 0, q_width).reshape({tokens, shape.heads, shape.head_dim});
  Tensor k = qkv.narrow(1, q_width, kv_width).reshape({tokens, shape.kv_heads, shape.head_dim});
  Tensor v = qkv.narrow(1, q_width + kv_width, kv_width).reshape({tokens, shape.kv_heads, shape.head_dim});
  if (norms.q.defined()) q = rms_norm(q, norms.q, norms.eps);
  if (norms.k.defined()) k = rms_norm(k, norms.k, norms.eps);
  return {rotate(q, rotary), rotate(k, rotary), std::move(v)};
}

void Ops::store(const Heads& heads, const AttentionPlan& plan, std::int64_t layer) const {
  const c10::NoGradGuard no_gradients;
  for (const FreshKeys& fresh : plan.fresh) {
    if (fresh.segment == nullptr) continue;
    const auto copy = [&fresh](const Tensor& to, const Tensor& from) {
      to.narrow(1, fresh.own, fresh.count).copy_(from.narrow(0, fresh.first_token, fresh.count).transpose(0, 1));
    };
    copy(fresh.segment->keys(layer), heads.k);
    copy(fresh.segment->values(layer), heads.v);
  }
}

Tensor Ops::attention(const Heads& heads, const AttentionPlan& plan, std::int64_t layer) const {
  return plain_attention(heads, plan, layer);
}

Tensor Ops::logits(const Tensor& hidden, const Linear& head) const {
  const auto type = accumulation_type(hidden.scalar_type());
  if (type == hidden.scalar_type()) return linear(hidden, head);
  // A product in bf16 would round the logits to 8 bits: the rows of the table are widened, a piece at a time.
  constexpr std::int64_t kPiece = 4096;
  const Tensor wide = hidden.to(type);
  std::vector<Tensor> pieces;
  for (const Tensor& rows : head.weight.split(kPiece)) pieces.push_back(at::linear(wide, rows.to(type)));
  Tensor y = at::cat(pieces, 1);
  if (head.bias.defined()) y = y + head.bias.to(type);
  return y;
}

}  // namespace xrouter::transformer
