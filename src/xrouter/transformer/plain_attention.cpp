#include "xrouter/transformer/plain_attention.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace xrouter::transformer {

namespace {

/// The attention of some queries over some of their keys: what the others add can be merged in later.
struct Part {
  Tensor out;  ///< [rows, heads, head_dim], of the softmax over these keys alone
  Tensor lse;  ///< [rows, heads], log of the sum of the exponentials
};

/// Keys and values [kv_heads, keys, head_dim] in the accumulation type.
struct Keys {
  Tensor k, v;
};

/// q [rows, heads, head_dim]; mask [rows, keys] to add, or undefined.
Part attend(const Tensor& q, const Keys& keys, const Tensor& mask) {
  const auto rows = q.size(0), heads = q.size(1), dim = q.size(2);
  const auto kv_heads = keys.k.size(0), group = heads / kv_heads, count = keys.k.size(1);
  const double scale = 1 / std::sqrt(static_cast<double>(dim));
  // The queries of the heads that share a key head become rows of one product.
  const Tensor wide = q.to(keys.k.scalar_type()).view({rows, kv_heads, group, dim}).permute({1, 2, 0, 3}).reshape({kv_heads, group * rows, dim});
  Tensor scores = at::bmm(wide * scale, keys.k.transpose(1, 2));
  if (mask.defined()) scores = (scores.view({kv_heads, group, rows, count}) + mask).view({kv_heads, group * rows, count});
  const Tensor lse = at::logsumexp(scores, {2}, true);
  const Tensor out = at::bmm(at::exp(scores - lse), keys.v);
  const auto rows_first = [&](const Tensor& x, std::int64_t width) {
    return x.view({kv_heads, group, rows, width}).permute({2, 0, 1, 3}).reshape({rows, heads, width});
  };
  return {rows_first(out, dim), rows_first(lse, 1).squeeze(2)};
}

/// As attend, so many rows at a time that the scores stay below 64 MiB.
Part attend_in_tiles(const Tensor& q, const Keys& keys, const Tensor& mask) {
  constexpr std::int64_t kMaxScores = std::int64_t{16} << 20;
  const auto rows = q.size(0);
  const auto tile = std::max<std::int64_t>(1, kMaxScores / std::max<std::int64_t>(1, q.size(1) * keys.k.size(1)));
  if (rows <= tile) return attend(q, keys, mask);
  std::vector<Tensor> out, lse;
  for (std::int64_t at = 0; at < rows; at += tile) {
    const auto n = std::min(tile, rows - at);
    Part part = attend(q.narrow(0, at, n), keys, mask.defined() ? mask.narrow(0, at, n) : mask);
    out.push_back(std::move(part.out));
    lse.push_back(std::move(part.lse));
  }
  return {at::cat(out, 0), at::cat(lse, 0)};
}

Keys segment_keys(const KvSegment& segment, std::int64_t layer, std::int64_t begin, std::int64_t end) {
  const auto widened = [&](const Tensor& x) { return x.narrow(1, begin, end - begin).to(accumulation_type(x.scalar_type())); };
  return {widened(segment.keys(layer)), widened(segment.values(layer))};
}

Keys fresh_keys(const FreshKeys& fresh, const Heads& heads, std::int64_t layer) {
  if (fresh.segment != nullptr) return segment_keys(*fresh.segment, layer, 0, fresh.own + fresh.count);
  const auto widened = [&](const Tensor& x) {
    return x.narrow(0, fresh.first_token, fresh.count).transpose(0, 1).to(accumulation_type(x.scalar_type()));
  };
  return {widened(heads.k), widened(heads.v)};
}

/// [queries, own + count]: 0 where a query sees a key, minus infinity elsewhere. The same for all layers.
const Tensor& fresh_mask(const FreshKeys& fresh, const Tensor& like) {
  if (fresh.count == 1 || fresh.mask.defined()) return fresh.mask;
  auto visible = fresh.visible();
  const auto rows = static_cast<std::int64_t>(fresh.query_tokens.size());
  const Tensor seen = at::from_blob(visible.data(), {rows, fresh.count}, at::kByte).to(like.device());
  const auto options = like.options().dtype(accumulation_type(like.scalar_type())).requires_grad(false);
  const Tensor mask = at::zeros({rows, fresh.own + fresh.count}, options);
  mask.narrow(1, fresh.own, fresh.count).masked_fill_(seen.eq(0), -std::numeric_limits<double>::infinity());
  fresh.mask = mask;
  return fresh.mask;
}

Part merge(const Part& left, const Part& right) {
  const Tensor lse = at::logaddexp(left.lse, right.lse);
  const auto weighted = [&lse](const Part& part) { return part.out * at::exp(part.lse - lse).unsqueeze(2); };
  return {weighted(left) + weighted(right), lse};
}

const Tensor& index_of(const SharedKeys& shared, at::Device device) {
  if (!shared.query_index.defined()) shared.query_index = at::tensor(shared.queries, at::kLong).to(device);
  return shared.query_index;
}

}  // namespace

Tensor plain_attention(const Heads& heads, const AttentionPlan& plan, std::int64_t layer) {
  std::vector<Part> fresh_parts;
  std::vector<Tensor> outs, lses;
  for (const FreshKeys& fresh : plan.fresh) {
    const auto rows = static_cast<std::int64_t>(fresh.query_tokens.size());
    if (rows == 0) continue;
    Part part = attend_in_tiles(heads.q.narrow(0, fresh.first_query, rows), fresh_keys(fresh, heads, layer), fresh_mask(fresh, heads.q));
    outs.push_back(std::move(part.out));
    lses.push_back(std::move(part.lse));
  }
  Part all{outs.size() == 1 ? outs[0] : at::cat(outs, 0), lses.size() == 1 ? lses[0] : at::cat(lses, 0)};
  for (const SharedKeys& shared : plan.shared) {
    const Keys keys = segment_keys(*shared.segment, layer, shared.begin, shared.end);
    if (static_cast<std::int64_t>(shared.queries.size()) == plan.queries) {
      all = merge(all, attend_in_tiles(heads.q, keys, {}));
      continue;
    }
    const Tensor& rows = index_of(shared, heads.q.device());
    const Part some{all.out.index_select(0, rows), all.lse.index_select(0, rows)};
    const Part merged = merge(some, attend_in_tiles(heads.q.index_select(0, rows), keys, {}));
    all = {all.out.index_copy(0, rows, merged.out), all.lse.index_copy(0, rows, merged.lse)};
  }
  return all.out.to(heads.q.scalar_type()).reshape({plan.queries, heads.q.size(1) * heads.q.size(2)});
}

}  // namespace xrouter::transformer
