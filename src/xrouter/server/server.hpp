// The running server: one acceptor, N workers, and the orderly end.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "xrouter/net/listener.hpp"
#include "xrouter/server/exchange.hpp"

namespace xrouter::server {

/// What one worker answers with. Used and destroyed on that worker's thread, or while it is not running;
/// made elsewhere. The breaker states are the exception.
class WorkerBackend {
 public:
  virtual ~WorkerBackend() = default;
  virtual Policy& router() = 0;
  virtual ModelPool& pool() = 0;
  /// Per upstream: 0 closed, 1 half open, 2 open. Thread-safe.
  virtual std::vector<Metrics::Reading> breaker_states() const { return {}; }
};

using BackendFactory = std::function<Result<std::unique_ptr<WorkerBackend>>(boost::asio::io_context& io, Timers& timers, std::size_t worker)>;

struct ServerOptions {
  std::string listen;       ///< "127.0.0.1:8800", "[::1]:8800", "localhost:0"
  std::size_t workers = 1;
  std::uint64_t seed = 0;   ///< of request ids
};

/// One io_context with one thread per worker, so that nothing of a request is shared between
/// threads (docs/adr/0002). Connections go round robin.
class Server {
 public:
  /// Binds, makes the workers and starts their threads. `shared` outlives the server. Errors:
  /// config (address, backend), io (address in use).
  static Result<std::unique_ptr<Server>> start(Shared& shared, const BackendFactory& make_backend, const ServerOptions& options);
  /// Ends at once what is still running.
  ~Server();

  std::uint16_t port() const { return listener_->port(); }
  std::size_t connections() const { return listener_ ? listener_->connections() : 0; }

  /// Blocks until SIGTERM or SIGINT, then drains: no new connections, not ready, requests under way
  /// get `drain_timeout`. A second signal, or the timeout, cancels them; each still settles its costs.
  /// SIGHUP calls `on_hangup`, on this thread and not while draining; empty: it is not caught.
  void run_until_signal(std::function<void()> on_hangup = {});

  /// Requests to come are answered with `snapshot` and the backends made for it; those under way keep
  /// what they began with, and sockets stay. On an error (of `make_backend`) nothing changes. What the
  /// workers and the listener were started with stays: HTTP limits and times, threads, address.
  Result<void> use(std::shared_ptr<const Snapshot> snapshot, const BackendFactory& make_backend);

  /// The steps of the end, for those who need no signals. Thread-safe, idempotent.
  void begin_drain();
  void cancel_all();
  /// Waits until no connection is left. False: some are, after `at_most`.
  bool wait_until_idle(std::chrono::milliseconds at_most) const;

 private:
  struct Worker;
  struct Breakers;
  explicit Server(Shared& shared);
  boost::asio::awaitable<void> serve(std::unique_ptr<net::ByteStream> stream, std::size_t worker);
  void start_threads();

  Shared& shared_;
  std::shared_ptr<Breakers> breakers_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<net::Listener> listener_;
};

/// "host:port" in parts; "localhost" is 127.0.0.1. Error: config.
Result<net::ListenOptions> parse_listen(const std::string& text);

}  // namespace xrouter::server
