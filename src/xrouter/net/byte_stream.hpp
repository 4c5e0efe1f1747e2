// The seam between HTTP and the wire: TCP, TLS, and pipes in memory for the simulation.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "xrouter/async/call_scope.hpp"

namespace xrouter::net {

/// A connected, bidirectional byte stream. One reader and one writer at a time; both may be under
/// way together. When the scope ends during an operation the stream is closed and the operation
/// returns the scope's error: an interrupted exchange cannot be continued.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// At least one byte, or 0 at the orderly end. Error: upstream_unreachable (reset), or the scope's.
  virtual boost::asio::awaitable<Result<std::size_t>> read_some(std::span<char> into, CallScope& scope) = 0;
  /// All of it. `bytes` must stay valid until it returns.
  virtual boost::asio::awaitable<Result<void>> write(std::string_view bytes, CallScope& scope) = 0;
  /// As many bytes from the front as can be sent without waiting, often none; 0 too when the stream
  /// cannot tell (TLS). Not while a write is under way. Error: upstream_unreachable (closed, reset).
  virtual Result<std::size_t> try_write(std::string_view bytes) {
    static_cast<void>(bytes);
    return std::size_t{0};
  }
  virtual void close() noexcept = 0;
  /// Drops the connection so that the peer sees a reset instead of an orderly end. For fault injection.
  virtual void reset() noexcept { close(); }
  /// Ends the sending half only: the peer reads the orderly end, we can still read.
  virtual void half_close() noexcept {}
  virtual bool is_open() const noexcept = 0;
  /// Without blocking: has the peer closed or sent something? (a pooled connection must be silent)
  virtual bool idle_and_open() noexcept = 0;
  virtual std::string peer() const = 0;
};

struct Origin {
  bool tls = false;
  std::string host;  ///< name or address, without brackets
  std::uint16_t port = 0;
  auto operator<=>(const Origin&) const = default;
  std::string to_text() const;  ///< "https://host:port"
};

/// Opens streams. Connect covers DNS, TCP and TLS.
class Connector {
 public:
  virtual ~Connector() = default;
  virtual boost::asio::awaitable<Result<std::unique_ptr<ByteStream>>> connect(const Origin& origin, CallScope& scope) = 0;
};

}  // namespace xrouter::net
