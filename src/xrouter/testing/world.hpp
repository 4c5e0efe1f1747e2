// One thread, one io_context, a fake clock: runs coroutines to their end without waiting.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>

#include "xrouter/testing/fake_time.hpp"

namespace xrouter {

class World {
 public:
  boost::asio::io_context& io() { return io_; }
  boost::asio::any_io_executor executor() { return io_.get_executor(); }
  FakeTimers& timers() { return timers_; }
  TimePoint now() const { return timers_.clock().now(); }

  void run_ready() {
    io_.restart();
    io_.poll();
  }
  /// Runs until nothing is ready and no timer is left.
  void run_until_idle() {
    do run_ready();
    while (timers_.advance_to_next());
    run_ready();
  }
  void run_for(Duration span) {
    const TimePoint end = now() + span;
    run_ready();
    while (timers_.next() <= end) {
      timers_.advance_to_next();
      run_ready();
    }
    timers_.advance(end - now());
    run_ready();
  }

  /// Spawns `operation` and runs the world until it has ended.
  template <class T>
  T run(boost::asio::awaitable<T> operation) {
    std::optional<T> result;
    std::exception_ptr failure;
    boost::asio::co_spawn(io_, std::move(operation), [&](std::exception_ptr error, T value) {
      failure = error;
      if (!error) result.emplace(std::move(value));
    });
    run_ready();
    while (!result && !failure && timers_.advance_to_next()) run_ready();
    if (failure) std::rethrow_exception(failure);
    return std::move(result.value());  // bad_optional_access here: the operation hangs
  }

 private:
  FakeTimers timers_;  // outlives the coroutines that io_ destroys
  boost::asio::io_context io_;
};

}  // namespace xrouter
