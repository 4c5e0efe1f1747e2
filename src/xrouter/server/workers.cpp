#include "xrouter/server/workers.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <exception>
#include <thread>

#include "xrouter/async/call_scope.hpp"
#include "xrouter/base/log.hpp"
#include "xrouter/config/addresses.hpp"
#include "xrouter/server/sender.hpp"

namespace xrouter::server {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;

// Time for cancelled requests to settle their costs before the process goes.
constexpr milliseconds kSettleTime{3'000};
constexpr milliseconds kPollInterval{20};

net::HttpLimits limits_of(const config::ServerConfig& config) {
  net::HttpLimits limits;
  limits.max_header_bytes = config.max_header_bytes;
  limits.max_body_bytes = config.max_body_bytes;
  limits.header_timeout = config.header_timeout;
  limits.body_timeout = config.body_timeout;
  limits.idle_timeout = config.idle_timeout;
  return limits;
}

}  // namespace

// The order of the members is the order of their lives: timers go before their io_context, and
// whatever uses timers goes before them.
struct Workers::Worker {
  Worker()
      : timers(io),
        connections(io.get_executor(), timers, Deadline::never(), "connections"),
        accepting(io.get_executor(), timers, Deadline::never(), "accepting"),
        keep_running(boost::asio::make_work_guard(io)) {}

  boost::asio::io_context io{1};
  AsioTimers timers;
  CallScope connections;  // parent of every connection
  CallScope accepting;    // ends when the server drains
  std::unique_ptr<net::HttpHandler> handler;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> keep_running;
  std::thread thread;
};

Workers::Workers(const config::ServerConfig& config, std::atomic<bool>& draining)
    : limits_(limits_of(config)), drain_timeout_(config.drain_timeout), draining_(draining) {}

Result<net::ListenOptions> parse_listen(const std::string& text) {
  if (const std::string wrong = config::check_listen(text); !wrong.empty())
    return fail(ErrorKind::config,
                "'" + text + "' is not an address to listen on: " + wrong + ". Write it as 127.0.0.1:8800 or [::1]:8800.");
  net::ListenOptions options;
  options.address = host_of(text);
  if (options.address == "localhost") options.address = "127.0.0.1";
  options.port = static_cast<std::uint16_t>(std::stoul(text.substr(text.rfind(':') + 1)));  // checked above
  return options;
}

Result<std::unique_ptr<Workers>> Workers::start(const config::ServerConfig& config, std::size_t count, std::atomic<bool>& draining,
                                                const HandlerFactory& make_handler) {
  auto listen = parse_listen(config.listen);
  if (!listen) return fail(listen.error());
  listen->max_connections = config.max_connections;

  std::unique_ptr<Workers> workers(new Workers(config, draining));
  for (std::size_t i = 0; i < std::max<std::size_t>(1, count); ++i) {
    auto worker = std::make_unique<Worker>();
    auto handler = make_handler(worker->io, worker->timers, i);
    if (!handler) return fail(handler.error());
    worker->handler = std::move(*handler);
    workers->workers_.push_back(std::move(worker));
  }
  auto listener = net::Listener::open(workers->workers_.front()->io.get_executor(), *listen);
  if (!listener) return fail(listener.error());
  workers->listener_ = std::move(*listener);
  workers->start_threads();
  return workers;
}

boost::asio::io_context& Workers::io(std::size_t worker) { return workers_[worker]->io; }
Timers& Workers::timers(std::size_t worker) { return workers_[worker]->timers; }

void Workers::start_threads() {
  std::vector<boost::asio::any_io_executor> executors;
  for (const auto& worker : workers_) executors.emplace_back(worker->io.get_executor());
  Worker& first = *workers_.front();
  auto on_connection = [this](std::unique_ptr<net::ByteStream> stream, std::size_t worker) { return serve(std::move(stream), worker); };
  boost::asio::co_spawn(first.io, listener_->run(std::move(executors), std::move(on_connection), first.accepting),
                        [](std::exception_ptr failure) {
                          // Joined by the destructor, which waits for the worker's thread.
                          if (failure) log::error("server", "the listener ended by an exception");
                        });
  for (const auto& worker : workers_) worker->thread = std::thread([&io = worker->io] { io.run(); });
}

awaitable<void> Workers::serve(std::unique_ptr<net::ByteStream> stream, std::size_t index) {
  Worker& worker = *workers_[index];
  CallScope connection(worker.connections, std::nullopt, "connection", ErrorKind::cancelled);
  co_await net::serve_connection(std::move(stream), *worker.handler, limits_, connection, worker.accepting);
}

void Workers::begin_drain() {
  draining_ = true;
  for (const auto& worker : workers_) boost::asio::post(worker->io, [&scope = worker->accepting] { scope.cancel(); });
}

void Workers::cancel_all() {
  begin_drain();
  for (const auto& worker : workers_) boost::asio::post(worker->io, [&scope = worker->connections] { scope.cancel(); });
}

bool Workers::wait_until_idle(milliseconds at_most) const {
  for (milliseconds waited{0}; connections() > 0; waited += kPollInterval) {
    if (waited >= at_most) return false;
    boost::asio::io_context unused;
    boost::asio::steady_timer(unused, kPollInterval).wait();
  }
  return true;
}

void Workers::run_until_signal(std::function<void()> on_hangup) {
  boost::asio::io_context control(1);
  boost::asio::signal_set signals(control, SIGINT, SIGTERM);
  boost::asio::steady_timer poll(control);
  const milliseconds patience = drain_timeout_;
  bool cancelled = false;
  TimePoint give_up{};

  boost::asio::signal_set hangup(control);
  if (on_hangup) hangup.add(SIGHUP);
  std::function<void()> await_hangup = [&] {
    hangup.async_wait([&](const boost::system::error_code& error, int) {
      if (error) return;
      if (!draining_) on_hangup();
      await_hangup();
    });
  };
  await_hangup();

  std::function<void()> watch = [&] {
    poll.expires_after(kPollInterval);
    poll.async_wait([&](const boost::system::error_code&) {
      const bool late = system_clock().now() >= give_up;
      if (connections() == 0 || (late && cancelled)) return control.stop();
      if (late) {
        log::warn("server", std::to_string(connections()) + " connections are still open after the drain time; ending them");
        cancel_all();
        cancelled = true;
        give_up = system_clock().now() + kSettleTime;
      }
      watch();
    });
  };
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (error) return;
    log::info("server", "draining: no new connections; a second signal ends at once");
    begin_drain();
    give_up = system_clock().now() + patience;
    watch();
    signals.async_wait([&](const boost::system::error_code& again, int) {
      if (!again) give_up = TimePoint::min();
    });
  });
  control.run();
}

Workers::~Workers() {
  cancel_all();
  const bool idle = wait_until_idle(kSettleTime);
  for (const auto& worker : workers_) {
    worker->keep_running.reset();
    if (!idle) worker->io.stop();
    if (worker->thread.joinable()) worker->thread.join();
  }
  if (idle) return;
  // Some request does not end: its frames refer to the worker, so both stay until the process goes.
  log::error("server", "some connections did not end; leaving them to the end of the process");
  for (auto& worker : workers_) static_cast<void>(worker.release());
}

}  // namespace xrouter::server
