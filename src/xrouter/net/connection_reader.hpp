// Reads a server connection all the time, so that a client that leaves is noticed while its request
// is being answered; early bytes of the next request wait here. Internal to net.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "xrouter/async/event.hpp"
#include "xrouter/net/byte_stream.hpp"

namespace xrouter::net {

class ConnectionReader {
 public:
  /// `on_end` runs once, when the client has closed its sending half or the stream broke; `on_full`
  /// each time that nothing can be read, so that a client that leaves would not be noticed.
  ConnectionReader(ByteStream& stream, CallScope& scope, std::size_t max_bytes, std::function<void()> on_end, std::function<void()> on_full);

  /// The pump. Spawned once; returns when the stream ends.
  boost::asio::awaitable<void> run();

  std::string_view unread() const { return {buffer_.data() + begin_, end_ - begin_}; }
  /// Keeps the bytes where they are: a read may be under way behind them.
  void consume(std::size_t count);
  bool ended() const { return ended_; }
  /// Returns when bytes have come since the last call, at the end, or after wake().
  boost::asio::awaitable<void> wait();
  void wake() { news_.set(); }
  /// From now on nothing is kept.
  void discard();

 private:
  bool make_room();

  ByteStream& stream_;
  CallScope& scope_;
  std::size_t max_bytes_;
  std::function<void()> on_end_;
  std::function<void()> on_full_;
  Event news_;
  Event room_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool ended_ = false;
  bool starved_ = false;  // the pump waits for room
  bool discarding_ = false;
};

}  // namespace xrouter::net
