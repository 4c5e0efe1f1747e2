#include "xrouter/torch_learner/training_decoder.hpp"

namespace xrouter::torch_learner {

using transformer::accumulation_type;
using transformer::LayerWeights;
using transformer::Linear;
using transformer::LowRank;

struct TrainingDecoder::Place {
  const LayerWeights& layer;
  const TreeAttention& attention;
  Tensor narrow;  ///< undefined, or the rows that go on behind the attention
  const Rotary& rotary;
};

TrainingDecoder::TrainingDecoder(const ModelWeights& weights, std::shared_ptr<const TrainingOps> ops, DecoderOptions options)
    : weights_(weights),
      ops_(std::move(ops)),
      options_(options),
      inverse_frequencies_(transformer::rotary_frequencies(weights.config).to(weights.embedding.device())) {}

Rotary TrainingDecoder::rotary(const Tensor& positions) const {
  const Tensor angles = positions.to(at::kFloat).unsqueeze(1) * inverse_frequencies_;
  return {at::cos(angles), at::sin(angles)};
}

TrainingDecoder::Place TrainingDecoder::place(const TreePass& pass, const Rotary& rotary, std::size_t index) const {
  const bool last = index + 1 == weights_.layers.size();
  return {weights_.layers[index], last ? pass.last_attention : pass.attention, last ? pass.wanted : Tensor(), rotary};
}

namespace {

/// The A matrices of a layer's updates are neighbours in memory (adapter_parameters()): one product serves them all.
Tensor stacked(const std::vector<LowRank>& updates) {
  const Tensor& first = updates.front().a;
  return first.as_strided({static_cast<std::int64_t>(updates.size()) * first.size(0), first.size(1)}, {first.size(1), 1});
}

/// The columns of a product with stacked() that belong to one update.
Tensor own_columns(const Tensor& inner, const std::vector<LowRank>& updates, std::size_t index) {
  const auto rank = updates.front().a.size(0);
  return inner.narrow(1, static_cast<std::int64_t>(index) * rank, rank);
}

}  // namespace

void TrainingDecoder::add_updates(const Tensor& sum, const Tensor& x, const Linear& linear) const {
  if (!options_.with_adapter || linear.low_rank.empty()) return;
  const Tensor inner = ops_->product(x, stacked(linear.low_rank));
  for (std::size_t i = 0; i < linear.low_rank.size(); ++i) {
    const LowRank& update = linear.low_rank[i];
    ops_->add_product(sum.narrow(1, update.begin, update.b.size(0)), own_columns(inner, linear.low_rank, i), update.b, update.scale);
  }
}

Tensor TrainingDecoder::product(const Tensor& x, const Linear& linear) const {
  Tensor y = ops_->product(x, linear.weight);
  if (linear.bias.defined()) y.add_(linear.bias);
  add_updates(y, x, linear);
  return y;
}

void TrainingDecoder::add_product(const Tensor& sum, const Tensor& x, const Linear& linear) const {
  ops_->add_product(sum, x, linear.weight);
  add_updates(sum, x, linear);
}

Tensor TrainingDecoder::product_backward(const Tensor& dy, const Tensor& x, const Linear& linear, Linear& gradient) const {
  Tensor dx = ops_->input_gradient(dy, linear.weight);
  if (gradient.weight.defined()) ops_->add_weight_gradient(gradient.weight, dy, x);
  if (gradient.bias.defined()) gradient.bias.add_(dy.to(accumulation_type(dy.scalar_type())).sum({0}));
  const auto& updates = linear.low_rank;
  if (!options_.with_adapter || updates.empty()) return dx;
  const Tensor inner = ops_->product(x, stacked(updates));
  Tensor dinner = at::empty({x.size(0), inner.size(1)}, dx.options());
  for (std::size_t i = 0; i < updates.size(); ++i) {
    const Tensor own = dy.narrow(1, updates[i].begin, updates[i].b.size(0));
    ops_->add_weight_gradient(gradient.low_rank[i].b, own, own_columns(inner, updates, i), updates[i].scale);
    own_columns(dinner, updates, i).copy_(ops_->input_gradient(own, updates[i].b));
  }
  const Tensor narrow = ops_->narrowed(dinner, dy.scalar_type());
  ops_->add_weight_gradient(stacked(gradient.low_rank), narrow, x, updates.front().scale);
  ops_->add_input_gradient(dx, narrow, stacked(updates), updates.front().scale);
  return dx;
}

Tensor TrainingDecoder::forward_layer(const Place& at, LayerTape& tape) const {
  const double eps = weights_.config.rms_norm_eps;
  const HeadShape shape = transformer::head_shape(weights_.config);
  tape.first = ops_->rms_norm(tape.input, at.layer.input_norm, eps);
  const Tensor qkv = product(tape.first.values, at.layer.qkv);
  if (at.layer.head_norms.q.defined()) tape.qkv = qkv;
  tape.rotated = ops_->rotate_heads(qkv, shape, at.layer.head_norms, at.rotary);
  tape.attended = ops_->attend(tape.rotated, shape, at.attention);
  tape.middle = at.narrow.defined() ? tape.input.index_select(0, at.narrow) : tape.input.clone();
  add_product(tape.middle, tape.attended.values, at.layer.o);
  tape.second = ops_->rms_norm(tape.middle, at.layer.post_attention_norm, eps);
  tape.gate_up = product(tape.second.values, at.layer.gate_up);
  tape.active = ops_->silu_mul(tape.gate_up);
  Tensor output = tape.middle.clone();
  add_product(output, tape.active, at.layer.down);
  return output;
}

Tensor TrainingDecoder::backward_layer(const Place& at, LayerTape& tape, Tensor doutput, LayerWeights& gradients) const {
  const auto type = weights_.embedding.scalar_type();
  const HeadShape shape = transformer::head_shape(weights_.config);
  const Tensor dactive = product_backward(ops_->narrowed(doutput, type), tape.active, at.layer.down, gradients.down);
  const Tensor dgate_up = ops_->silu_mul_backward(dactive, tape.gate_up);
  const Tensor dsecond = product_backward(dgate_up, tape.second.values, at.layer.gate_up, gradients.gate_up);
  Tensor dmiddle = std::move(doutput);
  ops_->rms_norm_backward(dsecond, tape.middle, tape.second.inverse, at.layer.post_attention_norm, dmiddle, gradients.post_attention_norm);

  const Tensor dattended = product_backward(ops_->narrowed(dmiddle, type), tape.attended.values, at.layer.o, gradients.o);
  const Tensor drotated = ops_->attend_backward(dattended, tape.attended, tape.rotated, shape, at.attention);
  // Without head norms the values behind the rotation serve as well: only their type is looked at.
  const Tensor& qkv = tape.qkv.defined() ? tape.qkv : tape.rotated;
  const Tensor dqkv = ops_->rotate_heads_backward(drotated, qkv, shape, at.layer.head_norms, gradients.head_norms, at.rotary);
  const Tensor dfirst = product_backward(dqkv, tape.first.values, at.layer.qkv, gradients.qkv);
  Tensor dinput = std::move(dmiddle);
  if (at.narrow.defined()) {
    Tensor all = at::zeros(tape.input.sizes(), tape.input.options());
    ops_->add_rows(all, at.narrow, dinput);
    dinput = std::move(all);
  }
  ops_->rms_norm_backward(dfirst, tape.input, tape.first.inverse, at.layer.input_norm, dinput, gradients.input_norm);
  return dinput;
}

Tensor TrainingDecoder::hidden(const TreePass& pass, Tape* tape) const {
  const Rotary angles = rotary(pass.positions);
  Tensor stream = ops_->embed(weights_.embedding, pass.ids);
  for (std::size_t index = 0; index < weights_.layers.size(); ++index) {
    LayerTape layer;
    layer.input = std::move(stream);
    stream = forward_layer(place(pass, angles, index), layer);
    if (tape == nullptr) continue;
    tape->layers.emplace_back();
    if (options_.checkpoint_activations) {
      tape->layers.back().input = std::move(layer.input);
    } else {
      tape->layers.back() = std::move(layer);
    }
  }
  Normed last = ops_->rms_norm(stream, weights_.final_norm, weights_.config.rms_norm_eps);
  Tensor values = last.values;
  if (tape != nullptr) {
    tape->rotary = angles;
    tape->output = std::move(stream);
    tape->last = std::move(last);
  }
  return values;
}

void TrainingDecoder::backward(const TreePass& pass, Tape& tape, const Tensor& dhidden, ModelWeights& gradients) const {
  Tensor dstream = at::zeros(tape.output.sizes(), tape.output.options());
  ops_->rms_norm_backward(dhidden, tape.output, tape.last.inverse, weights_.final_norm, dstream, gradients.final_norm);
  for (std::size_t index = weights_.layers.size(); index-- > 0;) {
    LayerTape layer = std::move(tape.layers[index]);
    const Place at = place(pass, tape.rotary, index);
    if (options_.checkpoint_activations) forward_layer(at, layer);
    dstream = backward_layer(at, layer, std::move(dstream), gradients.layers[index]);
  }
  if (gradients.embedding.defined()) ops_->add_rows(gradients.embedding, pass.ids, dstream);
}

}  // namespace xrouter::torch_learner
