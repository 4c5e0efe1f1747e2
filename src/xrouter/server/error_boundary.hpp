// Where an endpoint's failure ends: logged, and never more than one request.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "xrouter/base/ids.hpp"
#include "xrouter/base/result.hpp"

namespace xrouter::server {

/// The result of `endpoint`. An exception is a bug or lack of memory; it becomes ErrorKind::internal.
boost::asio::awaitable<Result<void>> guarded(boost::asio::awaitable<Result<void>> endpoint);

/// Once for each request, with both texts: our own faults as a warning, those of clients for debugging.
void log_failure(const RequestId& id, const Error& error);

}  // namespace xrouter::server
