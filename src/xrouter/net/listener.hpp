// Accepts TCP connections and spreads them over the workers.
#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "xrouter/net/byte_stream.hpp"

namespace xrouter::net {

struct ListenOptions {
  std::string address = "127.0.0.1";  ///< IPv4 or IPv6 literal
  std::uint16_t port = 0;             ///< 0 = the system picks one
  int backlog = 1024;
  std::size_t max_connections = 4096;  ///< beyond it new connections are closed at once
};

class Listener {
 public:
  /// Serves one connection on the worker whose index it gets, until the connection is over. An
  /// exception that leaves it is logged and ends that connection only.
  using OnConnection = std::function<boost::asio::awaitable<void>(std::unique_ptr<ByteStream> stream, std::size_t worker)>;

  /// Binds and listens. Errors: config (not an address), io (in use, not permitted).
  static Result<std::unique_ptr<Listener>> open(boost::asio::any_io_executor executor, const ListenOptions& options);

  /// Accepts until `scope` ends or close() is called, then stops listening. Connections go round
  /// robin to `workers` and outlive this call; wait for connections() == 0. When the process is out
  /// of file descriptors it pauses and tries again. Called once, on the listener's executor.
  boost::asio::awaitable<void> run(std::vector<boost::asio::any_io_executor> workers, OnConnection on_connection, CallScope& scope);
  void close() noexcept;

  std::uint16_t port() const { return port_; }
  /// Thread-safe.
  std::size_t connections() const { return *open_connections_; }

 private:
  Listener(boost::asio::ip::tcp::acceptor acceptor, const ListenOptions& options);
  void hand_over(boost::asio::ip::tcp::socket socket, boost::asio::any_io_executor worker, std::size_t index, const OnConnection& to);

  boost::asio::ip::tcp::acceptor acceptor_;
  ListenOptions options_;
  std::uint16_t port_ = 0;
  std::shared_ptr<std::atomic<std::size_t>> open_connections_;  // outlives the listener in the connections
};

}  // namespace xrouter::net
