// HTTP/1.1 server side: one coroutine per connection, over any ByteStream.
#pragma once

#include <memory>
#include <optional>

#include "xrouter/net/body_budget.hpp"
#include "xrouter/net/byte_stream.hpp"
#include "xrouter/net/http.hpp"

namespace xrouter::net {

/// Writes exactly one response. Head and first bytes go out in one write. Date, Content-Length,
/// Transfer-Encoding and Connection are set here. Errors: cancelled when the client is gone or does
/// not read; internal for a header that cannot be written (control characters) or a second response.
class ResponseWriter {
 public:
  virtual ~ResponseWriter() = default;
  virtual boost::asio::awaitable<Result<void>> send(int status, Headers headers, std::string body) = 0;
  /// Chunked: begin, then write pieces, then finish. Without finish the connection is closed
  /// without the terminating chunk, so that the client sees the cut.
  virtual boost::asio::awaitable<Result<void>> begin(int status, Headers headers, std::string_view first_piece) = 0;
  virtual boost::asio::awaitable<Result<void>> write(std::string_view piece) = 0;
  virtual boost::asio::awaitable<Result<void>> finish() = 0;
  /// begin() without a first piece and without sending: the head leaves with the next piece.
  virtual Result<void> begin_later(int status, Headers headers) = 0;
  /// A piece that is not worth waiting for, such as a comment. What of it does not leave at once
  /// leaves before the next piece, and until then further posts are dropped. Not while another write
  /// is under way. Errors: as above.
  virtual Result<void> post(std::string_view piece) = 0;
  virtual bool begun() const = 0;
  /// Closes the connection at once, before or within the response; for fault injection.
  virtual void abort(bool reset = false) noexcept = 0;
};

/// The application. Called with one request at a time per connection.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  /// `scope` ends with ErrorKind::cancelled when the client closes the connection. It has no
  /// deadline of its own. An exception ends the connection and is logged as internal.
  virtual boost::asio::awaitable<void> handle(HttpRequest request, ResponseWriter& response, CallScope& scope) = 0;
  /// Asked when a head is complete and its body is not yet here, before the body is invited or
  /// waited for: an answer refuses the request, and the connection ends behind it. handle() must
  /// check again: a request that comes in one piece is not asked about.
  virtual std::optional<HttpResponse> refuse_head(const HttpRequest& head) {
    static_cast<void>(head);
    return std::nullopt;
  }
  /// Bounds the bodies that are being read and answered; null: no bound. Outlives the connections.
  virtual BodyBudget* body_budget() { return nullptr; }
  /// The answer to a request that cannot be parsed or is over a limit. Its status is set by the
  /// caller: 400, 408, 413, 417, 431, 501, 503 over the body budget, 505, and 500 when handle()
  /// wrote no response although the client is there.
  virtual HttpResponse reject(const Error& error) = 0;
};

/// Serves one connection until the peer closes it, a limit is hit or `connection` ends. When
/// `accepting` ends (the server drains) an idle connection closes at once and a busy one after its
/// current request, whose response then says `Connection: close`.
///
/// Strict on purpose, because a lenient parser behind or before another one is how requests are
/// smuggled: duplicate or conflicting Content-Length and Transfer-Encoding, any coding but chunked,
/// obs-fold, bare CR or LF and control characters are refused and the connection is closed.
/// A client that closes its sending half counts as gone, and so does one that sends so much behind a
/// request being answered that its leaving could not be noticed. Both scopes outlive the connection.
boost::asio::awaitable<void> serve_connection(std::unique_ptr<ByteStream> stream, HttpHandler& handler, HttpLimits limits,
                                              CallScope& connection, CallScope& accepting);

}  // namespace xrouter::net
