#include "xrouter/transformer/sequence.hpp"

#include <algorithm>

#include "xrouter/base/assert.hpp"

namespace xrouter::transformer {

namespace {

/// Capacities are multiples of it.
constexpr std::int64_t kStep = 64;

std::int64_t rounded_up(std::int64_t tokens) { return (tokens + kStep - 1) / kStep * kStep; }

}  // namespace

std::unique_ptr<lm::KvSequence> Sequence::fork(int length) {
  XROUTER_ASSERT(length >= 0 && length <= this->length(), "a fork shares tokens that are there");
  auto child = std::make_unique<Sequence>(layout_);
  child->shared_ = shared_;
  child->shared_length_ = shared_length_;
  if (length <= shared_length_) {
    child->cut_shared(length);
    return child;
  }
  const std::int64_t rest = length - shared_length_;
  own_frozen_ = std::max(own_frozen_, rest);
  child->shared_.push_back({own_, rest});
  child->shared_length_ = length;
  return child;
}

void Sequence::truncate(int length) {
  XROUTER_ASSERT(length >= 0 && length <= this->length(), "only what is there can be forgotten");
  last_appended_ = 0;
  if (length < shared_length_) {
    own_.reset();
    own_length_ = own_frozen_ = 0;
    cut_shared(length);
    return;
  }
  own_length_ = length - shared_length_;
  if (own_.use_count() == 1) own_frozen_ = 0;
  if (own_length_ < own_frozen_) give_up_own();
}

void Sequence::keep_path(std::span<const int> new_token_indices) {
  const auto count = static_cast<std::int64_t>(new_token_indices.size());
  XROUTER_ASSERT(count <= last_appended_, "a path consists of tokens of the last pass");
  const std::int64_t begin = own_length_ - last_appended_;
  std::int64_t in_place = 0;
  while (in_place < count && new_token_indices[static_cast<std::size_t>(in_place)] == in_place) ++in_place;
  XROUTER_ASSERT(own_frozen_ <= begin + in_place, "nobody forks the branches of a tree");
  if (in_place < count) {
    std::vector<std::int64_t> from;
    for (auto index = in_place; index < count; ++index) {
      const int token = new_token_indices[static_cast<std::size_t>(index)];
      XROUTER_ASSERT(token >= index && token < last_appended_, "a path goes downwards");
      from.push_back(begin + token);
    }
    const Tensor rows = at::tensor(from, at::kLong).to(layout_.device);
    own_->data().narrow(3, begin + in_place, count - in_place).copy_(own_->data().index_select(3, rows));
  }
  own_length_ = begin + count;
  last_appended_ = 0;
}

std::size_t Sequence::own_bytes() const {
  std::size_t bytes = 0;
  for (const SharedPart& part : shared_)
    if (part.segment.use_count() == 1) bytes += part.segment->bytes();
  if (own_ && own_.use_count() == 1) bytes += own_->bytes();
  return bytes;
}

KvSegment& Sequence::reserve(std::int64_t count) {
  if (own_.use_count() == 1) own_frozen_ = 0;  // the forks are gone
  const std::int64_t needed = own_length_ + count;
  if (own_ && needed <= own_->capacity()) return *own_;
  if (own_frozen_ > 0) {
    give_up_own();
    own_ = std::make_shared<KvSegment>(layout_, rounded_up(count));
    return *own_;
  }
  auto grown = std::make_shared<KvSegment>(layout_, rounded_up(own_ ? std::max(needed, own_length_ + own_length_ / 2) : needed));
  if (own_length_ > 0) grown->data().narrow(3, 0, own_length_).copy_(own_->data().narrow(3, 0, own_length_));
  own_ = std::move(grown);
  return *own_;
}

void Sequence::append(std::int64_t count) {
  own_length_ += count;
  last_appended_ = count;
}

void Sequence::give_up_own() {
  if (own_length_ > 0) shared_.push_back({std::move(own_), own_length_});
  shared_length_ += own_length_;
  own_.reset();
  own_length_ = own_frozen_ = 0;
}

void Sequence::cut_shared(std::int64_t length) {
  shared_length_ = length;
  std::int64_t before = 0;
  std::size_t kept = 0;
  for (; kept < shared_.size() && before < length; ++kept) {
    shared_[kept].length = std::min(shared_[kept].length, length - before);
    before += shared_[kept].length;
  }
  shared_.resize(kept);
}

}  // namespace xrouter::transformer
