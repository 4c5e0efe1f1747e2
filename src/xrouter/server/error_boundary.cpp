#include "xrouter/server/error_boundary.hpp"

#include <exception>

#include "xrouter/base/log.hpp"

namespace xrouter::server {

using boost::asio::awaitable;

awaitable<Result<void>> guarded(awaitable<Result<void>> endpoint) {
  std::string thrown;
  try {
    co_return co_await std::move(endpoint);
  } catch (const std::exception& error) {
    thrown = error.what();
  } catch (...) {
    thrown = "unknown exception";
  }
  co_return fail(ErrorKind::internal, "", "exception: " + thrown);
}

void log_failure(const RequestId& id, const Error& error) {
  const std::string text = std::string(xrouter::label_of(error.kind)) + ": " + error.describe();
  if (traits_of(error.kind).http_status >= 500)
    log::warn(id.value, text);
  else
    log::debug(id.value, text);
}

}  // namespace xrouter::server
