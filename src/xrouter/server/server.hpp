// The running router: its workers with their backends, and new configurations for them.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "xrouter/server/exchange.hpp"
#include "xrouter/server/workers.hpp"

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

class Server {
 public:
  /// Binds, makes the workers and starts their threads. `shared` outlives the server. Errors:
  /// config (address, backend), io (address in use).
  static Result<std::unique_ptr<Server>> start(Shared& shared, const BackendFactory& make_backend, const ServerOptions& options);
  /// Ends at once what is still running.
  ~Server();

  std::uint16_t port() const { return workers_->port(); }
  std::size_t connections() const { return workers_->connections(); }
  /// See Workers.
  void run_until_signal(std::function<void()> on_hangup = {}) { workers_->run_until_signal(std::move(on_hangup)); }
  void begin_drain() { workers_->begin_drain(); }
  void cancel_all() { workers_->cancel_all(); }
  bool wait_until_idle(std::chrono::milliseconds at_most) const { return workers_->wait_until_idle(at_most); }

  /// Requests to come are answered with `snapshot` and the backends made for it; those under way keep
  /// what they began with, and sockets stay. On an error (of `make_backend`) nothing changes. What the
  /// workers and the listener were started with stays: HTTP limits and times, threads, address.
  Result<void> use(std::shared_ptr<const Snapshot> snapshot, const BackendFactory& make_backend);

 private:
  class Answering;
  struct Breakers;
  explicit Server(Shared& shared);

  Shared& shared_;
  std::shared_ptr<Breakers> breakers_;
  std::vector<Answering*> answering_;  // the workers own them
  std::unique_ptr<Workers> workers_;
};

}  // namespace xrouter::server
