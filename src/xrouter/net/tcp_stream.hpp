// ByteStream over TCP, plain and with TLS. Internal to net and to tests that need a real socket.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>

#include "xrouter/net/byte_stream.hpp"

namespace xrouter::net {

/// Sets TCP_NODELAY and non-blocking mode on a connected socket. Errors are ignored: a socket the
/// peer has already reset fails at its first read anyway.
void prepare_socket(boost::asio::ip::tcp::socket& socket);

class TcpStream final : public ByteStream {
 public:
  explicit TcpStream(boost::asio::ip::tcp::socket socket);

  boost::asio::awaitable<Result<std::size_t>> read_some(std::span<char> into, CallScope& scope) override;
  boost::asio::awaitable<Result<void>> write(std::string_view bytes, CallScope& scope) override;
  Result<std::size_t> try_write(std::string_view bytes) override;
  void close() noexcept override;
  void reset() noexcept override;
  void half_close() noexcept override;
  bool is_open() const noexcept override { return socket_.is_open(); }
  bool idle_and_open() noexcept override;
  std::string peer() const override { return peer_; }
  int native_handle() { return socket_.native_handle(); }

 private:
  boost::asio::ip::tcp::socket socket_;
  std::string peer_;
};

class TlsStream final : public ByteStream {
 public:
  using Stream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;
  /// After the handshake, as client or server. The context it was made from outlives it.
  explicit TlsStream(Stream stream);

  boost::asio::awaitable<Result<std::size_t>> read_some(std::span<char> into, CallScope& scope) override;
  boost::asio::awaitable<Result<void>> write(std::string_view bytes, CallScope& scope) override;
  /// Without close_notify: every message we exchange says itself where it ends, and the peer's
  /// cut-off is reported as an error.
  void close() noexcept override;
  void reset() noexcept override;
  bool is_open() const noexcept override { return stream_.next_layer().is_open(); }
  bool idle_and_open() noexcept override;
  std::string peer() const override { return peer_; }
  int native_handle() { return stream_.next_layer().native_handle(); }

 private:
  Stream stream_;
  std::string peer_;
};

}  // namespace xrouter::net
