// For tests: a model that is a hash of what it has read, and keeps sequences exactly as LanguageModel asks for.
// Everything that a caller must not do ends the process with the reason. No weights, no files, the same on every machine.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "xrouter/base/assert.hpp"
#include "xrouter/lm/language_model.hpp"

namespace xrouter::lm {

struct ToyModelOptions {
  int vocab = 300;
  int max_positions = 4096;
  std::uint64_t seed = 1;
  float spread = 6;  ///< logits lie in [-spread, spread)
  /// Added to the logits of these tokens, so that replies end or a tool is called now and then.
  std::vector<std::pair<TokenId, float>> bias = {};
  /// Changes a row of logits last; gets the tokens that were read. For models that are to say something.
  std::function<void(std::span<const TokenId> read, std::span<float> row)> say = {};
};

/// One token that was read. Sequences that share a beginning share these.
struct ToyNode {
  std::shared_ptr<ToyNode> before;
  TokenId token = 0;
  std::uint64_t hash = 0;
  int depth = 1;

  ToyNode(std::shared_ptr<ToyNode> parent, TokenId id, std::uint64_t seed) : before(std::move(parent)), token(id) {
    hash = mix((before ? before->hash : seed) ^ (static_cast<std::uint64_t>(id) + 1) * 0x9e3779b97f4a7c15ULL);
    depth = before ? before->depth + 1 : 1;
  }
  ToyNode(const ToyNode&) = delete;
  ToyNode& operator=(const ToyNode&) = delete;
  ~ToyNode() {  // by a loop: a long sequence would be a deep recursion
    std::shared_ptr<ToyNode> next = std::move(before);
    while (next && next.use_count() == 1) next = std::move(next->before);
  }
  static std::uint64_t mix(std::uint64_t value) {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
    return value ^ (value >> 31);
  }
};

class ToyKvSequence final : public KvSequence {
 public:
  using NodePtr = std::shared_ptr<ToyNode>;
  ToyKvSequence(const void* model, NodePtr last, std::int64_t bytes_per_token) : model_(model), last_(std::move(last)), bytes_per_token_(bytes_per_token) {}

  int length() const override {
    XROUTER_ASSERT(!undecided_, "after a pass over a tree comes keep_path");
    return depth_of(last_);
  }
  std::unique_ptr<KvSequence> fork(int length) override {
    XROUTER_ASSERT(!undecided_, "after a pass over a tree comes keep_path");
    return std::make_unique<ToyKvSequence>(model_, ancestor(length), bytes_per_token_);
  }
  void truncate(int length) override {
    XROUTER_ASSERT(!undecided_, "after a pass over a tree comes keep_path");
    last_ = ancestor(length);
    fresh_.clear();
  }
  void keep_path(std::span<const int> new_token_indices) override {
    int parent = -1;
    for (const int index : new_token_indices) {
      XROUTER_ASSERT(index >= 0 && index < static_cast<int>(fresh_.size()), "an index is one of the new tokens");
      const Fresh& fresh = fresh_[static_cast<std::size_t>(index)];
      XROUTER_ASSERT(fresh.parent == parent, "the indices are a path from the root downwards");
      last_ = fresh.node;
      parent = index;
    }
    if (new_token_indices.empty() && !fresh_.empty()) last_ = fresh_.front().node->before;
    fresh_.clear();
    undecided_ = false;
  }
  std::size_t own_bytes() const override {
    std::size_t tokens = 0;
    for (const NodePtr* node = &last_; *node && node->use_count() == 1; node = &(*node)->before) ++tokens;
    return tokens * static_cast<std::size_t>(bytes_per_token_);
  }

 private:
  friend class ToyModel;
  struct Fresh {
    NodePtr node;
    int parent = -1;
  };
  static int depth_of(const NodePtr& node) { return node ? node->depth : 0; }
  NodePtr ancestor(int length) const {
    XROUTER_ASSERT(length >= 0 && length <= depth_of(last_), "a length that the sequence has");
    NodePtr node = last_;
    while (depth_of(node) > length) node = node->before;
    return node;
  }

  const void* model_;
  NodePtr last_;
  std::vector<Fresh> fresh_;
  bool undecided_ = false;
  std::int64_t bytes_per_token_;
};

class ToyModel final : public LanguageModel {
 public:
  explicit ToyModel(ToyModelOptions options = {}) : options_(std::move(options)) {
    shape_ = {.vocab = options_.vocab, .max_positions = options_.max_positions, .parameters = 0, .kv_bytes_per_token = 16};
  }

  const ModelShape& shape() const override { return shape_; }
  std::unique_ptr<KvSequence> new_sequence() override { return std::make_unique<ToyKvSequence>(this, nullptr, shape_.kv_bytes_per_token); }

  void forward(std::span<const ForwardInput> inputs, Logits& out) override {
    XROUTER_ASSERT(!inputs.empty(), "a pass has something to do");
    const int pass = passes++;
    if (before_pass) before_pass(pass, inputs);
    out.vocab = shape_.vocab;
    out.values.clear();
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) XROUTER_ASSERT(inputs[i].sequence != inputs[j].sequence, "each sequence appears once");
      forward_one(inputs[i], out);
    }
  }

  /// The logits after these tokens, for tests that follow a reply by themselves.
  std::vector<float> logits_after(std::span<const TokenId> tokens) const {
    std::shared_ptr<ToyNode> node;
    for (const TokenId id : tokens) node = std::make_shared<ToyNode>(node, id, options_.seed);
    std::vector<float> row;
    append_row(*node, row);
    return row;
  }

  int passes = 0;
  int tokens_read = 0;
  /// Called before each pass with the passes so far; may throw, wait for a test, or look at the inputs.
  std::function<void(int pass, std::span<const ForwardInput> inputs)> before_pass;

 private:
  void forward_one(const ForwardInput& input, Logits& out) {
    auto* sequence = dynamic_cast<ToyKvSequence*>(input.sequence);
    XROUTER_ASSERT(sequence != nullptr && sequence->model_ == this, "a sequence of this model");
    XROUTER_ASSERT(!sequence->undecided_, "after a pass over a tree comes keep_path");
    XROUTER_ASSERT(!input.tokens.empty(), "an input has tokens");
    XROUTER_ASSERT(input.parents.empty() || input.parents.size() == input.tokens.size(), "each token has a parent");
    XROUTER_ASSERT(sequence->length() + static_cast<int>(input.tokens.size()) <= shape_.max_positions, "no sequence gets too long");
    tokens_read += static_cast<int>(input.tokens.size());
    sequence->fresh_.clear();
    for (int i = 0; i < static_cast<int>(input.tokens.size()); ++i) {
      const TokenId id = input.tokens[static_cast<std::size_t>(i)];
      XROUTER_ASSERT(id >= 0 && id < shape_.vocab, "ids are within the vocabulary");
      const int parent = input.parents.empty() ? i - 1 : input.parents[static_cast<std::size_t>(i)];
      XROUTER_ASSERT(parent >= -1 && parent < i, "parents come before their children");
      const auto& before = parent < 0 ? sequence->last_ : sequence->fresh_[static_cast<std::size_t>(parent)].node;
      sequence->fresh_.push_back({std::make_shared<ToyNode>(before, id, options_.seed), parent});
    }
    int last_row = -1;
    for (const int at : input.logits_at) {
      XROUTER_ASSERT(at > last_row && at < static_cast<int>(input.tokens.size()), "rows ascend and belong to tokens");
      last_row = at;
      append_row(*sequence->fresh_[static_cast<std::size_t>(at)].node, out.values);
    }
    if (!input.parents.empty()) {
      sequence->undecided_ = true;  // last_ stays where the new tokens begin
    } else {
      sequence->last_ = sequence->fresh_.back().node;
    }
  }

  void append_row(const ToyNode& node, std::vector<float>& values) const {
    const std::size_t begin = values.size();
    std::uint64_t state = node.hash;
    for (int id = 0; id < shape_.vocab; ++id) {
      state += 0x9e3779b97f4a7c15ULL;
      const auto bits = static_cast<double>(ToyNode::mix(state) >> 40) / static_cast<double>(1 << 24);
      values.push_back(static_cast<float>((2 * bits - 1) * options_.spread));
    }
    for (const auto& [id, extra] : options_.bias) values[begin + static_cast<std::size_t>(id)] += extra;
    if (options_.say) options_.say(tokens_to(node), std::span(values).subspan(begin));
  }

  static std::vector<TokenId> tokens_to(const ToyNode& node) {
    std::vector<TokenId> tokens(static_cast<std::size_t>(node.depth));
    auto at = tokens.rbegin();
    for (const ToyNode* each = &node; each; each = each->before.get()) *at++ = each->token;
    return tokens;
  }

  ToyModelOptions options_;
  ModelShape shape_;
};

}  // namespace xrouter::lm
