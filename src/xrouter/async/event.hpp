// A one-shot signal that one coroutine waits for. Single-threaded: set and wait on one worker.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

namespace xrouter {

class Event {
 public:
  explicit Event(const boost::asio::any_io_executor& executor) : timer_(executor, boost::asio::steady_timer::time_point::max()) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void set() {
    set_ = true;
    timer_.cancel();
  }
  bool is_set() const { return set_; }
  void reset() { set_ = false; }
  /// Returns at once when already set.
  boost::asio::awaitable<void> wait();

 private:
  boost::asio::steady_timer timer_;  // never expires; cancel() is the signal
  bool set_ = false;
};

}  // namespace xrouter
