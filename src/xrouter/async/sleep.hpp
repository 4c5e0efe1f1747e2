#pragma once

#include <boost/asio/awaitable.hpp>

#include "xrouter/async/call_scope.hpp"

namespace xrouter {

/// Waits on the scope's timers. Error: the scope's, when it ends first. Never waits past the
/// scope's deadline.
boost::asio::awaitable<Result<void>> sleep_for(Duration duration, CallScope& scope);

}  // namespace xrouter
