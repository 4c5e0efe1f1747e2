// HTTP/1.1 client with a connection pool per origin. One per worker thread.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "xrouter/net/byte_stream.hpp"
#include "xrouter/net/http.hpp"

namespace xrouter::net {

struct HttpClientOptions {
  std::size_t max_idle_per_origin = 64;
  std::chrono::milliseconds idle_timeout{30'000};
  std::chrono::milliseconds connect_timeout{4'000};
  std::size_t max_header_bytes = 64 * 1024;
  std::size_t max_body_bytes = 32 * 1024 * 1024;  ///< of a response, after decoding
};

class HttpClient;

/// A response whose body is read piece by piece. Destroying it early closes the connection, which
/// is how a cancelled call reaches the upstream; reading it to the end returns the connection to
/// the pool.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;
  virtual const HttpResponseHead& head() const = 0;
  /// The next piece of the (de-chunked, inflated) body; empty at its end. The view is valid until
  /// the next call. Errors: upstream_unreachable when the connection breaks before the body's
  /// declared end, upstream_invalid for malformed HTTP or a body over the limit.
  virtual boost::asio::awaitable<Result<std::string_view>> read_body(CallScope& scope) = 0;
};

class HttpClient {
 public:
  HttpClient(Connector& connector, HttpClientOptions options = {});
  ~HttpClient();

  /// Sends the request and reads the response's head. Host, Content-Length and Connection are set
  /// here. The connection is reused when one is idle and still silent.
  boost::asio::awaitable<Result<std::unique_ptr<HttpExchange>>> open(const Origin& origin, const HttpRequest& request, CallScope& scope);
  /// open() and the whole body.
  boost::asio::awaitable<Result<HttpResponse>> send(const Origin& origin, const HttpRequest& request, CallScope& scope);

  std::size_t idle_connections() const;
  std::size_t connections_opened() const { return opened_; }

 private:
  friend class PooledExchange;
  struct Idle {
    std::unique_ptr<ByteStream> stream;
    TimePoint since;
  };
  Connector& connector_;
  HttpClientOptions options_;
  std::map<Origin, std::vector<Idle>> idle_;
  std::size_t opened_ = 0;
};

}  // namespace xrouter::net
