// The decoder's layers forward and backward. The same arithmetic as transformer::Decoder, which serves them.
#pragma once

#include <memory>
#include <vector>

#include "xrouter/torch_learner/training_ops.hpp"
#include "xrouter/transformer/model.hpp"

namespace xrouter::torch_learner {

using transformer::ModelWeights;

/// What a layer keeps for its backward pass. With checkpoints only the input is kept and the rest computed again.
struct LayerTape {
  Tensor input;  ///< A [T, hidden]: the residual stream
  Normed first;  ///< behind the input norm
  Tensor qkv;    ///< as projected; only where head norms need it
  Tensor rotated;
  Attended attended;
  Tensor middle;  ///< A [Q, hidden]: the residual stream behind attention; Q rows are queries
  Normed second;
  Tensor gate_up, active;
};

struct Tape {
  Rotary rotary;
  std::vector<LayerTape> layers;
  Tensor output;  ///< A [R, hidden]: the residual stream behind the last layer
  Normed last;    ///< its values are what hidden() returned
};

struct DecoderOptions {
  bool with_adapter = true;  ///< false: low-rank updates are left out
  bool checkpoint_activations = false;
};

/// Refers to the weights of its owner, who may change their values between calls. Low-rank updates are those of
/// place_adapter(): of one scale, the A matrices of a layer behind each other.
class TrainingDecoder {
 public:
  TrainingDecoder(const ModelWeights& weights, std::shared_ptr<const TrainingOps> ops, DecoderOptions options);

  /// Hidden states behind the final norm, C [R, hidden], of the rows that the pass wants. `tape`: nullptr when no
  /// backward pass follows.
  Tensor hidden(const TreePass& pass, Tape* tape) const;

  /// Adds to `gradients`, which has the shape of the weights in A; undefined tensors are of frozen weights.
  /// `dhidden` A [R, hidden]. Uses up the tape.
  void backward(const TreePass& pass, Tape& tape, const Tensor& dhidden, ModelWeights& gradients) const;

  const TrainingOps& ops() const { return *ops_; }
  const ModelWeights& weights() const { return weights_; }

 private:
  struct Place;  // a layer and where it stands
  Place place(const TreePass& pass, const Rotary& rotary, std::size_t index) const;
  Tensor forward_layer(const Place& at, LayerTape& tape) const;
  Tensor backward_layer(const Place& at, LayerTape& tape, Tensor doutput, transformer::LayerWeights& gradients) const;
  Rotary rotary(const Tensor& positions) const;

  void add_updates(const Tensor& sum, const Tensor& x, const transformer::Linear& linear) const;
  Tensor product(const Tensor& x, const transformer::Linear& linear) const;
  void add_product(const Tensor& sum, const Tensor& x, const transformer::Linear& linear) const;
  Tensor product_backward(const Tensor& dy, const Tensor& x, const transformer::Linear& linear, transformer::Linear& gradient) const;

  const ModelWeights& weights_;
  std::shared_ptr<const TrainingOps> ops_;
  DecoderOptions options_;
  Tensor inverse_frequencies_;
};

}  // namespace xrouter::torch_learner
