// The threads of a server: one acceptor, N workers, and the orderly end.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "xrouter/config/config.hpp"
#include "xrouter/net/http_server.hpp"
#include "xrouter/net/listener.hpp"

namespace xrouter::server {

/// Makes what answers the requests of one worker. It is used and destroyed on that worker's thread, or while it is
/// not running; io and timers outlive it.
using HandlerFactory =
    std::function<Result<std::unique_ptr<net::HttpHandler>>(boost::asio::io_context& io, Timers& timers, std::size_t worker)>;

/// One io_context with one thread per worker, so that nothing of a request is shared between threads (docs/adr/0002).
/// Connections go round robin.
class Workers {
 public:
  /// Binds, makes the workers and starts their threads. Of `config` it takes the address, the limits and times of HTTP
  /// and the drain time; `draining` becomes true when the end begins and outlives the workers. Errors: config
  /// (address, whatever `make_handler` says), io (address in use).
  static Result<std::unique_ptr<Workers>> start(const config::ServerConfig& config, std::size_t count, std::atomic<bool>& draining,
                                                const HandlerFactory& make_handler);
  /// Ends at once what is still running.
  ~Workers();

  std::size_t count() const { return workers_.size(); }
  std::uint16_t port() const { return listener_->port(); }
  std::size_t connections() const { return listener_ ? listener_->connections() : 0; }
  /// Of one worker, for what is to be made for its thread.
  boost::asio::io_context& io(std::size_t worker);
  Timers& timers(std::size_t worker);

  /// Blocks until SIGTERM or SIGINT, then drains: no new connections, requests under way get the drain time. A second
  /// signal, or the timeout, cancels them; each still settles its costs. SIGHUP calls `on_hangup`, on this thread
  /// and not while draining; empty: it is not caught.
  void run_until_signal(std::function<void()> on_hangup = {});

  /// The steps of the end, for those who need no signals. Thread-safe, idempotent.
  void begin_drain();
  void cancel_all();
  /// Waits until no connection is left. False: some are, after `at_most`.
  bool wait_until_idle(std::chrono::milliseconds at_most) const;

 private:
  struct Worker;
  Workers(const config::ServerConfig& config, std::atomic<bool>& draining);
  boost::asio::awaitable<void> serve(std::unique_ptr<net::ByteStream> stream, std::size_t worker);
  void start_threads();

  net::HttpLimits limits_;
  std::chrono::milliseconds drain_timeout_;
  std::atomic<bool>& draining_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<net::Listener> listener_;
};

/// "host:port" in parts; "localhost" is 127.0.0.1. Error: config.
Result<net::ListenOptions> parse_listen(const std::string& text);

}  // namespace xrouter::server
