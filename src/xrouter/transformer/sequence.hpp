// The keys and values of one sequence: a chain of shared segments and a segment of its own that grows.
#pragma once

#include <memory>
#include <vector>

#include "xrouter/lm/language_model.hpp"
#include "xrouter/transformer/kv_segment.hpp"

namespace xrouter::transformer {

/// Sharing works without copies because a segment is only ever written behind what anybody else reads of it:
/// one sequence, the owner, appends to it; forks read a fixed length of it. An owner that must go back
/// behind such a length gives the segment up and goes on in a new one. One thread at a time, for all
/// sequences of a model.
class Sequence final : public lm::KvSequence {
 public:
  struct SharedPart {
    std::shared_ptr<const KvSegment> segment;
    std::int64_t length = 0;  ///< rows of it that belong to this sequence
  };

  explicit Sequence(const KvLayout& layout) : layout_(layout) {}

  int length() const override { return static_cast<int>(shared_length_ + own_length_); }
  std::unique_ptr<lm::KvSequence> fork(int length) override;
  void truncate(int length) override;
  void keep_path(std::span<const int> new_token_indices) override;
  std::size_t own_bytes() const override;

  const std::vector<SharedPart>& shared() const { return shared_; }
  /// Makes room for `count` tokens behind own_length() and returns the segment that holds it.
  KvSegment& reserve(std::int64_t count);
  std::int64_t own_length() const { return own_length_; }
  /// The tokens of the last reserve() have been written.
  void append(std::int64_t count);

 private:
  void give_up_own();
  void cut_shared(std::int64_t length);

  KvLayout layout_;
  std::vector<SharedPart> shared_;
  std::int64_t shared_length_ = 0;
  std::shared_ptr<KvSegment> own_;
  std::int64_t own_length_ = 0;
  std::int64_t own_frozen_ = 0;  ///< rows of own_ that forks may read
  std::int64_t last_appended_ = 0;
};

}  // namespace xrouter::transformer
