// A decoder language model as everybody here sees it: tokens in, logits out, keys and values kept.
// No tensor library in sight; src/xrouter/transformer implements it with libtorch.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "xrouter/tokenizer/tokenizer.hpp"

namespace xrouter::lm {

using tokenizer::TokenId;

/// The keys and values of the tokens of one sequence. Made by a LanguageModel and used with it only.
class KvSequence {
 public:
  virtual ~KvSequence() = default;
  virtual int length() const = 0;  ///< tokens
  /// A sequence of its own that shares the first `length` tokens without copying them.
  virtual std::unique_ptr<KvSequence> fork(int length) = 0;
  /// Forgets all but the first `length` tokens.
  virtual void truncate(int length) = 0;
  /// After a forward pass over a tree: of its new tokens keeps those at these indices, a path from the root
  /// downwards, and forgets the others.
  virtual void keep_path(std::span<const int> new_token_indices) = 0;
  virtual std::size_t own_bytes() const = 0;  ///< memory of the tokens that it shares with nobody
};

/// New tokens of one sequence. Token i attends to all tokens that the sequence holds, to itself and to its
/// ancestors among the new ones; its position is the length of that path.
struct ForwardInput {
  KvSequence* sequence = nullptr;
  std::span<const TokenId> tokens;
  std::span<const int> parents = {};  ///< index of each token's parent among `tokens`, -1: none. Empty: a chain.
  std::span<const int> logits_at = {};  ///< ascending indices into `tokens`
};

/// Row-major float32 [rows, vocab]: all rows of the first input, then of the second ...
struct Logits {
  std::vector<float> values;
  int vocab = 0;
  std::span<const float> row(int index) const {
    return {values.data() + static_cast<std::size_t>(index) * static_cast<std::size_t>(vocab), static_cast<std::size_t>(vocab)};
  }
};

struct ModelShape {
  int vocab = 0;        ///< width of the output layer; may exceed the tokenizer's size
  int max_positions = 0;  ///< context length in tokens
  std::int64_t parameters = 0;
  std::int64_t kv_bytes_per_token = 0;
};

/// One thread at a time. The model outlives its sequences.
class LanguageModel {
 public:
  virtual ~LanguageModel() = default;
  virtual const ModelShape& shape() const = 0;
  virtual std::unique_ptr<KvSequence> new_sequence() = 0;
  /// Appends the new tokens of every input to its sequence. Each sequence appears once. What one input
  /// gets does not depend on the others (within the rounding stated in the transformer's README).
  /// Preconditions: ids are within the vocabulary, no sequence gets longer than max_positions.
  virtual void forward(std::span<const ForwardInput> inputs, Logits& out) = 0;
};

}  // namespace xrouter::lm
