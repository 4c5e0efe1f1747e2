// HTTP/1.1 server side: one coroutine per connection, over any ByteStream.
#pragma once

#include <functional>
#include <memory>

#include "xrouter/net/byte_stream.hpp"
#include "xrouter/net/http.hpp"

namespace xrouter::net {

/// Writes exactly one response. Head and first bytes go out in one write.
class ResponseWriter {
 public:
  virtual ~ResponseWriter() = default;
  virtual boost::asio::awaitable<Result<void>> send(int status, Headers headers, std::string body) = 0;
  /// Chunked: begin, then write pieces, then finish. Without finish the connection is closed
  /// without the terminating chunk, so that the client sees the cut.
  virtual boost::asio::awaitable<Result<void>> begin(int status, Headers headers, std::string_view first_piece) = 0;
  virtual boost::asio::awaitable<Result<void>> write(std::string_view piece) = 0;
  virtual boost::asio::awaitable<Result<void>> finish() = 0;
  virtual bool begun() const = 0;
};

/// The application. Called with one request at a time per connection.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  /// `scope` ends with ErrorKind::cancelled when the client closes the connection. It has no
  /// deadline of its own. An exception ends the connection and is logged as internal.
  virtual boost::asio::awaitable<void> handle(HttpRequest request, ResponseWriter& response, CallScope& scope) = 0;
  /// The answer to a request that cannot be parsed or is over a limit (400, 408, 413, 431, 501).
  virtual HttpResponse reject(const Error& error) = 0;
};

/// Serves one connection until the peer closes it, a limit is hit, or `draining()` says stop after
/// the current request. Rejects duplicate or conflicting Content-Length and Transfer-Encoding,
/// obs-fold, bare LF, and control characters in values.
boost::asio::awaitable<void> serve_connection(std::unique_ptr<ByteStream> stream, HttpHandler& handler, const HttpLimits& limits,
                                              CallScope& connection_scope, std::function<bool()> draining);

}  // namespace xrouter::net
