#include "xrouter/torch_learner/training_ops.hpp"

#include <cmath>
#include <limits>

#include "xrouter/torch_learner/kernels/cpu_training_ops.hpp"

namespace xrouter::torch_learner {

using transformer::accumulation_type;

namespace {

Tensor wide(const Tensor& x) { return x.to(accumulation_type(x.scalar_type())); }

/// a b in the accumulation type. A GPU sums it in float32 and rounds once; widening the factors would cost its matrix units.
Tensor matrix_product(const Tensor& a, const Tensor& b) { return a.is_cuda() ? wide(at::mm(a, b)) : at::mm(wide(a), wide(b)); }

/// sum += scale * a b.
void add_matrix_product(Tensor sum, const Tensor& a, const Tensor& b, double scale) {
  sum.add_(matrix_product(a, b).to(sum.scalar_type()), scale);
}

/// x [T, heads, head_dim] turned by the angles, or back.
Tensor turned(const Tensor& x, const Rotary& rotary, bool back) {
  const auto half = x.size(2) / 2;
  const Tensor first = x.narrow(2, 0, half), second = x.narrow(2, half, half);
  const Tensor cos = rotary.cos.to(x.scalar_type()).unsqueeze(1);
  const Tensor sin = back ? -rotary.sin.to(x.scalar_type()).unsqueeze(1) : rotary.sin.to(x.scalar_type()).unsqueeze(1);
  return at::cat({first * cos - second * sin, second * cos + first * sin}, 2);
}

/// Columns of [q, k, v] as heads [T, heads, head_dim].
struct HeadViews {
  Tensor q, k, v;
  HeadViews(const Tensor& qkv, const HeadShape& shape) {
    const auto view = [&](std::int64_t from, std::int64_t heads) {
      return qkv.narrow(1, from * shape.head_dim, heads * shape.head_dim).view({qkv.size(0), heads, shape.head_dim});
    };
    q = view(0, shape.heads);
    k = view(shape.heads, shape.kv_heads);
    v = view(shape.heads + shape.kv_heads, shape.kv_heads);
  }
};

Tensor inverse_of(const Tensor& x, double eps) { return at::rsqrt(x.square().mean({-1}) + eps); }

/// What x gets of y = x * inverse * weight, the last dimension being normed.
Tensor norm_gradient(const Tensor& dy, const Tensor& x, const Tensor& inverse, const Tensor& weight) {
  const Tensor scaled = dy * weight;
  const Tensor r = inverse.unsqueeze(-1);
  const Tensor along = (scaled * x).mean({-1}, true);
  return (scaled - x * (r.square() * along)) * r;
}

/// The keys and values that one tile reads, [kv_heads, keys, head_dim].
class TileKeys {
 public:
  TileKeys(const TreeAttention& plan, const QueryTile& tile) : tile_(tile) {
    last_ = plan.query_rows[static_cast<std::size_t>(tile.first + tile.count - 1)];
    ranges_ = tile.before;
    ranges_.push_back({tile.own_begin, last_ + 1});
  }
  Tensor gathered(const Tensor& heads) const {
    if (ranges_.size() == 1) return heads.narrow(1, ranges_[0].begin, ranges_[0].size());
    std::vector<Tensor> parts;
    for (const Range& range : ranges_) parts.push_back(heads.narrow(1, range.begin, range.size()));
    return at::cat(parts, 1);
  }
  void add_to(const Tensor& heads, const Tensor& values) const {
    std::int64_t from = 0;
    for (const Range& range : ranges_) {
      heads.narrow(1, range.begin, range.size()).add_(values.narrow(1, from, range.size()));
      from += range.size();
    }
  }
  /// To add to scores [count, keys of its own chain].
  Tensor own_mask(const TreeAttention& plan, const at::TensorOptions& options) const {
    const auto keys = last_ + 1 - tile_.own_begin;
    const std::vector<std::int64_t> rows(plan.query_rows.begin() + tile_.first, plan.query_rows.begin() + tile_.first + tile_.count);
    const Tensor query = at::tensor(rows, at::kLong).to(options.device()).unsqueeze(1) - tile_.own_begin;
    const Tensor hidden = at::arange(keys, query.options()).unsqueeze(0).gt(query);
    return at::zeros({tile_.count, keys}, options).masked_fill_(hidden, -std::numeric_limits<double>::infinity());
  }
  std::int64_t own() const { return last_ + 1 - tile_.own_begin; }

 private:
  const QueryTile& tile_;
  std::int64_t last_ = 0;
  std::vector<Range> ranges_;
};

/// The queries of a tile with the heads that share a key head as rows: [kv_heads, group * count, head_dim].
struct TileShape {
  std::int64_t kv_heads, group, dim;
  explicit TileShape(const HeadShape& shape) : kv_heads(shape.kv_heads), group(shape.heads / shape.kv_heads), dim(shape.head_dim) {}
  Tensor rows(const Tensor& x, std::int64_t width) const {  // [count, heads * width]
    return x.reshape({x.size(0), kv_heads, group, width}).permute({1, 2, 0, 3}).reshape({kv_heads, group * x.size(0), width});
  }
  Tensor back(const Tensor& x, std::int64_t count, std::int64_t width) const {
    return x.view({kv_heads, group, count, width}).permute({2, 0, 1, 3}).reshape({count, kv_heads * group * width});
  }
};

Tensor scores_of(const TreeAttention& plan, const QueryTile& tile, const TileKeys& keys, const Tensor& q, const Tensor& k,
                 const TileShape& shape) {
  Tensor scores = at::bmm(q, k.transpose(1, 2));
  const auto own = keys.own(), all = k.size(1);
  scores.view({shape.kv_heads, shape.group, tile.count, all}).narrow(3, all - own, own).add_(keys.own_mask(plan, scores.options()));
  return scores;
}

double scale_of(const HeadShape& shape) { return 1 / std::sqrt(static_cast<double>(shape.head_dim)); }

Tensor heads_first(const Tensor& x) { return wide(x).transpose(0, 1).contiguous(); }

}  // namespace

Tensor TrainingOps::product(const Tensor& x, const Tensor& w) const { return at::linear(x, w); }

Tensor TrainingOps::wide_product(const Tensor& x, const Tensor& w) const { return at::linear(wide(x), wide(w)); }

void TrainingOps::add_product(Tensor sum, const Tensor& x, const Tensor& w, double scale) const {
  add_matrix_product(sum, x, w.t(), scale);
}

Tensor TrainingOps::input_gradient(const Tensor& dy, const Tensor& w) const { return matrix_product(dy, w); }

void TrainingOps::add_input_gradient(Tensor sum, const Tensor& dy, const Tensor& w, double scale) const {
  add_matrix_product(sum, dy, w, scale);
}

void TrainingOps::add_weight_gradient(Tensor dw, const Tensor& dy, const Tensor& x, double scale) const {
  add_matrix_product(dw, dy.t(), x, scale);
}

Tensor TrainingOps::embed(const Tensor& table, const Tensor& ids) const { return wide(at::embedding(table, ids)); }

void TrainingOps::add_rows(Tensor sums, const Tensor& ids, const Tensor& values) const { sums.index_add_(0, ids, values); }

Normed TrainingOps::rms_norm(const Tensor& x, const Tensor& weight, double eps) const {
  Tensor inverse = inverse_of(x, eps);
  return {(x * inverse.unsqueeze(1) * wide(weight)).to(weight.scalar_type()), inverse};
}

void TrainingOps::rms_norm_backward(const Tensor& dy, const Tensor& x, const Tensor& inverse, const Tensor& weight, Tensor dx,
                                    Tensor dweight) const {
  if (dweight.defined()) dweight.add_((dy * x * inverse.unsqueeze(1)).sum({0}));
  dx.add_(norm_gradient(dy, x, inverse, wide(weight)));
}

Tensor TrainingOps::silu_mul(const Tensor& gate_up) const {
  const auto n = gate_up.size(1) / 2;
  return (at::silu(wide(gate_up.narrow(1, 0, n))) * wide(gate_up.narrow(1, n, n))).to(gate_up.scalar_type());
}

Tensor TrainingOps::silu_mul_backward(const Tensor& dy, const Tensor& gate_up) const {
  const auto n = gate_up.size(1) / 2;
  const Tensor gate = wide(gate_up.narrow(1, 0, n)), up = wide(gate_up.narrow(1, n, n));
  const Tensor open = at::sigmoid(gate);
  const Tensor dgate = dy * up * open * (1 + gate * (1 - open));
  return at::cat({dgate, dy * gate * open}, 1).to(gate_up.scalar_type());
}

Tensor TrainingOps::rotate_heads(const Tensor& qkv, const HeadShape& shape, const HeadNorms& norms, const Rotary& rotary) const {
  const HeadViews heads(wide(qkv), shape);
  const auto normed = [&](const Tensor& x, const Tensor& weight) {
    return weight.defined() ? x * inverse_of(x, norms.eps).unsqueeze(-1) * wide(weight) : x;
  };
  const Tensor q = turned(normed(heads.q, norms.q), rotary, false), k = turned(normed(heads.k, norms.k), rotary, false);
  return at::cat({q.flatten(1), k.flatten(1), heads.v.flatten(1)}, 1).to(qkv.scalar_type());
}

Tensor TrainingOps::rotate_heads_backward(const Tensor& dy, const Tensor& qkv, const HeadShape& shape, const HeadNorms& norms,
                                          const HeadNorms& dnorms, const Rotary& rotary) const {
  const HeadViews gradients(dy, shape), heads(wide(qkv), shape);
  const auto behind_norm = [&](const Tensor& gradient, const Tensor& x, const Tensor& weight, Tensor dweight) {
    if (!weight.defined()) return gradient;
    const Tensor inverse = inverse_of(x, norms.eps);
    if (dweight.defined()) dweight.add_((gradient * x * inverse.unsqueeze(-1)).sum(at::IntArrayRef{0, 1}));
    return norm_gradient(gradient, x, inverse, wide(weight));
  };
  const Tensor q = behind_norm(turned(gradients.q, rotary, true), heads.q, norms.q, dnorms.q);
  const Tensor k = behind_norm(turned(gradients.k, rotary, true), heads.k, norms.k, dnorms.k);
  return at::cat({q.flatten(1), k.flatten(1), gradients.v.flatten(1)}, 1).to(qkv.scalar_type());
}

Attended TrainingOps::attend(const Tensor& qkv, const HeadShape& shape, const TreeAttention& plan) const {
  const HeadViews heads(qkv, shape);
  const Tensor k = heads_first(heads.k), v = heads_first(heads.v);
  const TileShape tiles(shape);
  Attended all{at::zeros({plan.padded_queries, shape.heads * shape.head_dim}, qkv.options()),
               at::zeros({plan.padded_queries, shape.heads}, k.options())};
  const Tensor rows = at::tensor(plan.query_rows, at::kLong).to(qkv.device());
  const Tensor q = wide(heads.q.index_select(0, rows)) * scale_of(shape);
  for (const QueryTile& tile : plan.tiles) {
    const TileKeys keys(plan, tile);
    const Tensor scores =
        scores_of(plan, tile, keys, tiles.rows(q.narrow(0, tile.first, tile.count), shape.head_dim), keys.gathered(k), tiles);
    const Tensor lse = at::logsumexp(scores, {2}, true);
    const Tensor out = at::bmm(at::exp(scores - lse), keys.gathered(v));
    all.values.narrow(0, tile.first, tile.count).copy_(tiles.back(out, tile.count, shape.head_dim));
    all.lse.narrow(0, tile.first, tile.count).copy_(tiles.back(lse, tile.count, 1));
  }
  return all;
}

Tensor TrainingOps::attend_backward(const Tensor& dy, const Attended& attended, const Tensor& qkv, const HeadShape& shape,
                                    const TreeAttention& plan) const {
  const HeadViews heads(qkv, shape);
  const Tensor k = heads_first(heads.k), v = heads_first(heads.v);
  const TileShape tiles(shape);
  const double scale = scale_of(shape);
  Tensor dqkv = at::zeros(qkv.sizes(), k.options()), dk = at::zeros_like(k), dv = at::zeros_like(v);
  const Tensor rows = at::tensor(plan.query_rows, at::kLong).to(qkv.device());
  const Tensor q = wide(heads.q.index_select(0, rows)) * scale;
  const Tensor delta = (dy * wide(attended.values)).view({dy.size(0), shape.heads, shape.head_dim}).sum({2});
  Tensor dq = at::empty({dy.size(0), shape.heads * shape.head_dim}, k.options());
  for (const QueryTile& tile : plan.tiles) {
    const TileKeys keys(plan, tile);
    const auto of_tile = [&](const Tensor& x, std::int64_t width) { return tiles.rows(x.narrow(0, tile.first, tile.count), width); };
    const Tensor tile_q = of_tile(q, shape.head_dim), tile_k = keys.gathered(k), tile_dy = of_tile(dy, shape.head_dim);
    const Tensor p = at::exp(scores_of(plan, tile, keys, tile_q, tile_k, tiles) - of_tile(attended.lse, 1));
    const Tensor ds = p * (at::bmm(tile_dy, keys.gathered(v).transpose(1, 2)) - of_tile(delta, 1));
    dq.narrow(0, tile.first, tile.count).copy_(tiles.back(at::bmm(ds, tile_k), tile.count, shape.head_dim));
    keys.add_to(dk, at::bmm(ds.transpose(1, 2), tile_q));
    keys.add_to(dv, at::bmm(p.transpose(1, 2), tile_dy));
  }
  const auto q_width = shape.heads * shape.head_dim, kv_width = shape.kv_heads * shape.head_dim;
  dqkv.narrow(1, 0, q_width).index_copy_(0, rows, dq.narrow(0, 0, rows.size(0)) * scale);
  dqkv.narrow(1, q_width, kv_width).copy_(dk.transpose(0, 1).reshape({qkv.size(0), kv_width}));
  dqkv.narrow(1, q_width + kv_width, kv_width).copy_(dv.transpose(0, 1).reshape({qkv.size(0), kv_width}));
  return dqkv;
}

RowScores TrainingOps::score_rows(const Tensor& logits, const Tensor& chosen) const {
  const Tensor lse = at::logsumexp(logits, {1}, true);
  const Tensor logprobs = logits - lse;
  // p of a token that is not allowed is 0, and log p minus infinity.
  const Tensor entropy = -(logprobs.exp() * logprobs.masked_fill(at::isinf(logprobs), 0)).sum({1});
  return {lse.squeeze(1), logprobs.gather(1, chosen.unsqueeze(1)).squeeze(1), entropy};
}

Tensor TrainingOps::score_rows_backward(const Tensor& logits, const RowScores& scores, const Tensor& chosen, const Tensor& by_logprob,
                                        const Tensor& by_entropy, at::ScalarType type) const {
  const Tensor logprobs = logits - scores.lse.unsqueeze(1);
  const Tensor p = logprobs.exp();
  const Tensor finite = logprobs.masked_fill(at::isinf(logprobs), 0);
  Tensor d = -p * (by_logprob.unsqueeze(1) + by_entropy.unsqueeze(1) * (finite + scores.entropy.unsqueeze(1)));
  d.scatter_add_(1, chosen.unsqueeze(1), by_logprob.unsqueeze(1));
  return d.to(type);
}

Tensor TrainingOps::narrowed(const Tensor& x, at::ScalarType type) const { return x.to(type); }

std::shared_ptr<const TrainingOps> make_training_ops(at::ScalarType type, at::Device device) {
  auto ops = device.is_cpu() ? kernels::make_cpu_training_ops(type) : nullptr;
  return ops != nullptr ? ops : std::make_shared<const TrainingOps>();
}

}  // namespace xrouter::torch_learner
