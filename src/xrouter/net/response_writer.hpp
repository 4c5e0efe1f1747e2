// The server's side of one response. Internal to net.
#pragma once

#include <string>

#include "xrouter/net/http_server.hpp"
#include "xrouter/net/watchdog.hpp"

namespace xrouter::net {

/// What the connection knows about the request that is being answered.
struct ResponseContext {
  bool http_1_1 = true;
  bool to_head = false;     ///< the request was HEAD: no body is sent
  bool keep_alive = true;   ///< the client allows another request
};

class ConnectionResponseWriter final : public ResponseWriter {
 public:
  /// Writes end with `scope`, which is the connection's, not the request's: a request whose deadline
  /// has passed still gets its error response. `watchdog` limits each write.
  ConnectionResponseWriter(ByteStream& stream, CallScope& scope, CallScope& accepting, Watchdog& watchdog, Duration write_timeout,
                           ResponseContext context)
      : stream_(stream), scope_(scope), accepting_(accepting), watchdog_(watchdog), write_timeout_(write_timeout), context_(context) {}

  boost::asio::awaitable<Result<void>> send(int status, Headers headers, std::string body) override;
  boost::asio::awaitable<Result<void>> begin(int status, Headers headers, std::string_view first_piece) override;
  boost::asio::awaitable<Result<void>> write(std::string_view piece) override;
  boost::asio::awaitable<Result<void>> finish() override;
  Result<void> begin_later(int status, Headers headers) override;
  Result<void> post(std::string_view piece) override;
  bool begun() const override { return state_ != State::untouched; }
  void abort(bool reset) noexcept override;

  /// Another request may follow on the connection.
  bool may_continue() const { return state_ == State::complete && context_.keep_alive; }

 private:
  enum class State { untouched, streaming, complete, failed };
  Result<void> put_head(int status, const Headers& headers);
  Result<void> put_stream_head(int status, const Headers& headers);
  void append_piece(std::string_view piece);
  boost::asio::awaitable<Result<void>> flush_out(State next);
  boost::asio::awaitable<Result<void>> flush(std::string_view bytes, State next);

  ByteStream& stream_;
  CallScope& scope_;
  CallScope& accepting_;
  Watchdog& watchdog_;
  Duration write_timeout_;
  ResponseContext context_;
  State state_ = State::untouched;
  bool chunked_ = false;
  bool post_waits_ = false;
  std::string out_;  ///< not yet sent
};

}  // namespace xrouter::net
