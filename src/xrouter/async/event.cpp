#include "xrouter/async/event.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace xrouter {

boost::asio::awaitable<void> Event::wait() {
  while (!set_) {
    constexpr auto token = boost::asio::as_tuple(boost::asio::use_awaitable);
    co_await timer_.async_wait(token);
  }
}

}  // namespace xrouter
