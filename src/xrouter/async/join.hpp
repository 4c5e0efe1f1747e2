// Runs several awaitables at once on one worker and waits for all of them.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <optional>
#include <vector>

#include "xrouter/async/event.hpp"

namespace xrouter {

/// Results in the order of `operations`. The operations start in order and interleave at their
/// suspension points; cancellation is the business of the CallScope they hold. An exception (a bug
/// or out of memory) is rethrown after all have ended.
template <class T>
boost::asio::awaitable<std::vector<T>> join_all(boost::asio::any_io_executor executor, std::vector<boost::asio::awaitable<T>> operations) {
  std::vector<std::optional<T>> slots(operations.size());
  std::exception_ptr failure;
  std::size_t running = operations.size();
  Event done(executor);
  if (operations.empty()) done.set();
  for (std::size_t i = 0; i < operations.size(); ++i) {
    boost::asio::co_spawn(executor, std::move(operations[i]), [&, i](std::exception_ptr error, T value) {
      if (error)
        failure = error;
      else
        slots[i].emplace(std::move(value));
      if (--running == 0) done.set();
    });
  }
  co_await done.wait();
  if (failure) std::rethrow_exception(failure);
  std::vector<T> results;
  results.reserve(slots.size());
  for (std::optional<T>& slot : slots) results.push_back(std::move(*slot));
  co_return results;
}

}  // namespace xrouter
