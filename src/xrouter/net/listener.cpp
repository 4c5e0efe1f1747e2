#include "xrouter/net/listener.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "xrouter/async/sleep.hpp"
#include "xrouter/base/log.hpp"
#include "xrouter/net/tcp_stream.hpp"

namespace xrouter::net {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;

namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr auto kOutOfResourcesPause = 100ms;

bool out_of_resources(const error_code& code) {
  for (int value : {EMFILE, ENFILE, ENOBUFS, ENOMEM})
    if (code == error_code(value, boost::system::system_category())) return true;
  return false;
}

tl::unexpected<Error> cannot_listen(const ListenOptions& options, const error_code& code) {
  return fail(ErrorKind::io, "Cannot listen on " + options.address + ":" + std::to_string(options.port) + ": " + code.message() + ".");
}

/// Builds the stream on the worker's own thread.
awaitable<void> serve_one(tcp::socket socket, std::size_t index, Listener::OnConnection on_connection) {
  std::unique_ptr<ByteStream> stream = std::make_unique<TcpStream>(std::move(socket));
  co_await on_connection(std::move(stream), index);
}

void report(const std::exception_ptr& failure) {
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& exception) {
    log::error("listener", std::string("a connection ended with an exception: ") + exception.what());
  }
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::open(asio::any_io_executor executor, const ListenOptions& options) {
  error_code code;
  const auto address = asio::ip::make_address(options.address, code);
  if (code) return fail(ErrorKind::config, "\"" + options.address + "\" is not an IP address to listen on.");
  const tcp::endpoint endpoint(address, options.port);
  tcp::acceptor acceptor(executor);
  acceptor.open(endpoint.protocol(), code);
  if (!code) acceptor.set_option(asio::socket_base::reuse_address(true), code);
  if (!code) acceptor.bind(endpoint, code);
  if (!code) acceptor.listen(options.backlog, code);
  if (code) return cannot_listen(options, code);
  return std::unique_ptr<Listener>(new Listener(std::move(acceptor), options));
}

Listener::Listener(tcp::acceptor acceptor, const ListenOptions& options)
    : acceptor_(std::move(acceptor)), options_(options), open_connections_(std::make_shared<std::atomic<std::size_t>>(0)) {
  error_code ignored;
  port_ = acceptor_.local_endpoint(ignored).port();
}

void Listener::close() noexcept {
  error_code ignored;
  acceptor_.close(ignored);
}

awaitable<void> Listener::run(std::vector<asio::any_io_executor> workers, OnConnection on_connection, CallScope& scope) {
  CallScope::Hook hook(scope, [this] { close(); });
  for (std::size_t next = 0; acceptor_.is_open() && !scope.ended(); next = (next + 1) % workers.size()) {
    auto [code, socket] = co_await acceptor_.async_accept(workers[next], kToken);
    if (!code) {
      hand_over(std::move(socket), workers[next], next, on_connection);
    } else if (out_of_resources(code)) {
      log::warn("listener", "cannot accept: " + code.message() + "; trying again shortly");
      auto rested = co_await sleep_for(kOutOfResourcesPause, scope);
      if (!rested) break;
    }
    // Anything else concerns the one connection that was lost on its way, or the acceptor is closed.
  }
  close();
}

void Listener::hand_over(tcp::socket socket, asio::any_io_executor worker, std::size_t index, const OnConnection& to) {
  if (*open_connections_ >= options_.max_connections) return;  // the socket closes here
  ++*open_connections_;
  asio::co_spawn(worker, serve_one(std::move(socket), index, to), [open = open_connections_](std::exception_ptr failure) {
    --*open;
    report(failure);
  });
}

}  // namespace xrouter::net
