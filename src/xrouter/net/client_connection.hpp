// One client connection with its read buffer, which lives as long as the connection. Internal to net.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "xrouter/net/byte_stream.hpp"

namespace xrouter::net {

class ClientConnection {
 public:
  explicit ClientConnection(std::unique_ptr<ByteStream> stream) : stream_(std::move(stream)), buffer_(kInitialBytes) {}

  ByteStream& stream() { return *stream_; }
  std::string_view unread() const { return {buffer_.data() + begin_, end_ - begin_}; }
  void consume(std::size_t count) { begin_ += count; }
  /// Reads more bytes behind the unread ones; 0 at the orderly end. Views into the buffer become invalid.
  boost::asio::awaitable<Result<std::size_t>> read_more(CallScope& scope) {
    make_room();
    const std::span<char> room(buffer_.data() + end_, buffer_.size() - end_);
    auto count = co_await stream_->read_some(room, scope);
    if (count) end_ += *count;
    co_return count;
  }
  /// Silent, open and with nothing left over: fit for another request.
  bool reusable() { return unread().empty() && stream_->is_open(); }

 private:
  static constexpr std::size_t kInitialBytes = 16 * 1024;

  void make_room() {
    if (begin_ == end_) begin_ = end_ = 0;
    if (end_ < buffer_.size()) return;
    if (begin_ > 0) {
      std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
      end_ -= std::exchange(begin_, 0);
      return;
    }
    buffer_.resize(buffer_.size() * 2);  // bounded: the parser refuses heads and chunk headers over their limits
  }

  std::unique_ptr<ByteStream> stream_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace xrouter::net
