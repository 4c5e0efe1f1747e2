#include "xrouter/net/tcp_stream.hpp"

#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace xrouter::net {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

auto broken(std::string_view what, const error_code& code) {
  return fail(ErrorKind::upstream_unreachable, "The connection was lost.", std::string(what) + ": " + code.message());
}

std::string text_of_peer(const tcp::socket& socket) {
  error_code code;
  const tcp::endpoint endpoint = socket.remote_endpoint(code);
  if (code) return "unknown";
  const std::string address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

void close_socket(tcp::socket& socket) noexcept {
  error_code ignored;
  socket.close(ignored);
}

void reset_socket(tcp::socket& socket) noexcept {
  error_code ignored;
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

bool is_silent(tcp::socket& socket) noexcept {
  if (!socket.is_open()) return false;
  char byte = 0;
  const ssize_t count = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

/// What a finished read means: bytes, the orderly end, the scope's error or a broken connection.
Result<std::size_t> read_outcome(const error_code& code, std::size_t count, CallScope& scope) {
  if (scope.ended()) return fail(scope.error());
  if (count > 0) return count;
  if (code == asio::error::eof) return std::size_t{0};
  return broken("read", code);
}

Result<void> write_outcome(const error_code& code, CallScope& scope) {
  if (scope.ended()) return fail(scope.error());
  if (code) return broken("write", code);
  return {};
}

}  // namespace

void prepare_socket(tcp::socket& socket) {
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.non_blocking(true, ignored);
}

TcpStream::TcpStream(tcp::socket socket) : socket_(std::move(socket)), peer_(text_of_peer(socket_)) { prepare_socket(socket_); }

awaitable<Result<std::size_t>> TcpStream::read_some(std::span<char> into, CallScope& scope) {
  if (scope.ended()) close();
  if (scope.ended()) co_return fail(scope.error());
  CallScope::Hook hook(scope, [this] { close(); });
  const auto buffer = asio::buffer(into.data(), into.size());
  auto [code, count] = co_await socket_.async_read_some(buffer, kToken);
  co_return read_outcome(code, count, scope);
}

awaitable<Result<void>> TcpStream::write(std::string_view bytes, CallScope& scope) {
  if (scope.ended()) close();
  if (scope.ended()) co_return fail(scope.error());
  // Nearly always the socket's buffer takes everything at once: no hook, no trip through the reactor.
  error_code code;
  const std::size_t sent = socket_.write_some(asio::buffer(bytes), code);
  if (code && code != asio::error::would_block) co_return write_outcome(code, scope);
  if (sent == bytes.size()) co_return Result<void>{};
  CallScope::Hook hook(scope, [this] { close(); });
  const auto rest = asio::buffer(bytes.data() + sent, bytes.size() - sent);
  auto [failure, count] = co_await asio::async_write(socket_, rest, kToken);
  static_cast<void>(count);
  co_return write_outcome(failure, scope);
}

Result<std::size_t> TcpStream::try_write(std::string_view bytes) {
  error_code code;
  const std::size_t count = socket_.write_some(asio::buffer(bytes.data(), bytes.size()), code);
  if (code && code != asio::error::would_block && code != asio::error::try_again) return broken("write", code);
  return count;
}

void TcpStream::close() noexcept { close_socket(socket_); }
void TcpStream::reset() noexcept { reset_socket(socket_); }
bool TcpStream::idle_and_open() noexcept { return is_silent(socket_); }

void TcpStream::half_close() noexcept {
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

TlsStream::TlsStream(Stream stream) : stream_(std::move(stream)), peer_(text_of_peer(stream_.next_layer())) {
  prepare_socket(stream_.next_layer());
}

awaitable<Result<std::size_t>> TlsStream::read_some(std::span<char> into, CallScope& scope) {
  if (scope.ended()) close();
  if (scope.ended()) co_return fail(scope.error());
  CallScope::Hook hook(scope, [this] { close(); });
  const auto buffer = asio::buffer(into.data(), into.size());
  auto [code, count] = co_await stream_.async_read_some(buffer, kToken);
  co_return read_outcome(code, count, scope);
}

awaitable<Result<void>> TlsStream::write(std::string_view bytes, CallScope& scope) {
  if (scope.ended()) close();
  if (scope.ended()) co_return fail(scope.error());
  CallScope::Hook hook(scope, [this] { close(); });
  const auto buffer = asio::buffer(bytes.data(), bytes.size());
  auto [code, count] = co_await asio::async_write(stream_, buffer, kToken);
  static_cast<void>(count);
  co_return write_outcome(code, scope);
}

void TlsStream::close() noexcept { close_socket(stream_.next_layer()); }
void TlsStream::reset() noexcept { reset_socket(stream_.next_layer()); }
bool TlsStream::idle_and_open() noexcept { return SSL_pending(stream_.native_handle()) == 0 && is_silent(stream_.next_layer()); }

}  // namespace xrouter::net
