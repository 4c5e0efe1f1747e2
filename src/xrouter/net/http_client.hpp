// HTTP/1.1 client with a connection pool per origin. One per worker thread.
#pragma once

#include <memory>

#include "xrouter/net/byte_stream.hpp"
#include "xrouter/net/http.hpp"

namespace xrouter::net {

struct HttpClientOptions {
  std::size_t max_idle_per_origin = 64;
  std::chrono::milliseconds idle_timeout{30'000};
  std::chrono::milliseconds connect_timeout{4'000};
  std::size_t max_header_bytes = 64 * 1024;
  std::size_t max_body_bytes = 32 * 1024 * 1024;  ///< of a response, after de-chunking
};

/// A response whose body is read piece by piece. Destroying it early closes the connection, which
/// is how a cancelled call reaches the upstream; reading it to the end returns the connection to
/// the pool.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;
  virtual const HttpResponseHead& head() const = 0;
  /// The next piece of the (de-chunked) body; empty at its end. The view is valid until
  /// the next call. Errors: upstream_unreachable when the connection breaks before the body's
  /// declared end, upstream_invalid for malformed HTTP or a body over the limit.
  virtual boost::asio::awaitable<Result<std::string_view>> read_body(CallScope& scope) = 0;
};

class HttpClient {
 public:
  explicit HttpClient(Connector& connector, HttpClientOptions options = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Sends the request and reads the response's head. Host, Content-Length, Connection and
  /// Accept-Encoding are set here; a response in another coding than identity is refused. The
  /// connection is reused when one is idle and still silent; should a reused one break before
  /// the whole request is written, it is sent once more on a new one; never later, for the server may
  /// be working on it. Errors:
  /// upstream_unreachable (no connection, or cut before the head), upstream_invalid (not HTTP, over
  /// a limit), config (a header that cannot be sent), or the scope's. `sent` (may be null) becomes
  /// true once the whole request has been written: from then on the server may be working on it.
  boost::asio::awaitable<Result<std::unique_ptr<HttpExchange>>> open(const Origin& origin, const HttpRequest& request, CallScope& scope,
                                                                     bool* sent = nullptr);
  /// open() and the whole body.
  boost::asio::awaitable<Result<HttpResponse>> send(const Origin& origin, const HttpRequest& request, CallScope& scope);

  /// Reads what is left of a response whose meaning is complete, beside everything else and for at most
  /// `window`, so that its connection can be used again. Ends with the client. `like` gives executor and timers.
  void finish_later(std::unique_ptr<HttpExchange> exchange, const CallScope& like, Duration window);

  std::size_t idle_connections() const;
  std::size_t connections_opened() const;

 private:
  class Exchange;
  class Pool;
  struct Leftover;
  static boost::asio::awaitable<void> read_to_end(std::unique_ptr<Leftover> leftover);
  boost::asio::awaitable<Result<std::unique_ptr<class ClientConnection>>> connect(const Origin& origin, CallScope& scope);

  Connector& connector_;
  HttpClientOptions options_;
  std::shared_ptr<Pool> pool_;  // an exchange may outlive the client
  std::size_t opened_ = 0;
};

}  // namespace xrouter::net
