#include "xrouter/net/connection_reader.hpp"

#include <algorithm>

namespace xrouter::net {
namespace {

/// An idle connection costs this much; most requests fit.
constexpr std::size_t kInitialBytes = 8 * 1024;
/// Below this a read is not worth its system call.
constexpr std::size_t kMinReadBytes = 2 * 1024;

}  // namespace

ConnectionReader::ConnectionReader(ByteStream& stream, CallScope& scope, std::size_t max_bytes, std::function<void()> on_end,
                                   std::function<void()> on_full)
    : stream_(stream),
      scope_(scope),
      max_bytes_(max_bytes),
      on_end_(std::move(on_end)),
      on_full_(std::move(on_full)),
      news_(scope.executor()),
      room_(scope.executor()),
      buffer_(std::min(kInitialBytes, max_bytes)) {}

void ConnectionReader::consume(std::size_t count) {
  begin_ += count;
  if (starved_ && count > 0) room_.set();
}

void ConnectionReader::discard() {
  discarding_ = true;
  consume(end_ - begin_);
}

bool ConnectionReader::make_room() {
  if (discarding_) begin_ = end_;
  if (begin_ == end_) begin_ = end_ = 0;
  if (buffer_.size() - end_ >= std::min(kMinReadBytes, buffer_.size())) return true;
  if (begin_ > 0) {
    std::copy(buffer_.data() + begin_, buffer_.data() + end_, buffer_.data());
    end_ -= std::exchange(begin_, 0);
  } else if (buffer_.size() < max_bytes_) {
    buffer_.resize(std::min(max_bytes_, buffer_.size() * 2));
  }
  return end_ < buffer_.size();
}

boost::asio::awaitable<void> ConnectionReader::run() {
  while (true) {
    starved_ = !make_room();
    if (starved_) {
      room_.reset();
      on_full_();
      co_await room_.wait();
      continue;
    }
    const std::span<char> into(buffer_.data() + end_, buffer_.size() - end_);
    auto count = co_await stream_.read_some(into, scope_);
    if (!count || *count == 0) break;
    end_ += *count;
    news_.set();
  }
  ended_ = true;
  on_end_();
  news_.set();
}

boost::asio::awaitable<void> ConnectionReader::wait() {
  co_await news_.wait();
  news_.reset();
}

}  // namespace xrouter::net
