// Plays one plan on one connection: waits, writes, breaks off.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "xrouter/base/rng.hpp"
#include "xrouter/mock/plan.hpp"
#include "xrouter/mock/stats.hpp"
#include "xrouter/net/byte_stream.hpp"
#include "xrouter/net/http_server.hpp"

namespace xrouter::mock {

class Player {
 public:
  /// `stream` lies under `response`; faults are done to it directly. All must outlive play().
  Player(const Plan& plan, net::ResponseWriter& response, net::ByteStream& stream, CallScope& scope, Rng rng)
      : plan_(plan), response_(response), stream_(stream), scope_(scope), rng_(rng) {}

  boost::asio::awaitable<Outcome> play();

 private:
  boost::asio::awaitable<bool> pause(const Delay& delay);
  boost::asio::awaitable<Outcome> play_framed();
  boost::asio::awaitable<Outcome> end(Outcome when_left);

  const Plan& plan_;
  net::ResponseWriter& response_;
  net::ByteStream& stream_;
  CallScope& scope_;
  Rng rng_;
};

}  // namespace xrouter::mock
