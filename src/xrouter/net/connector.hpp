// Connects to real hosts: name lookup, TCP and TLS.
#pragma once

#include <memory>
#include <string>

#include "xrouter/net/byte_stream.hpp"

namespace xrouter::net {

struct TlsOptions {
  std::string ca_file = {};       ///< PEM, trusted besides the system's; empty = none
  bool system_roots = true;
};

/// One per worker: it and its streams live on the worker's executor. TLS verifies the chain and the
/// name (or address), sends SNI and speaks TLS 1.2 or later; a certificate that does not verify is
/// an unreachable upstream. Each address of a name gets its share of the time that is left. A name
/// lookup that hangs is abandoned when the scope ends, but holds up the worker's later lookups until
/// the system's resolver gives up; literal addresses need none.
class SystemConnector final : public Connector {
 public:
  /// Error: config when the CA file cannot be read.
  static Result<std::unique_ptr<SystemConnector>> create(const TlsOptions& options = {});
  ~SystemConnector() override;
  boost::asio::awaitable<Result<std::unique_ptr<ByteStream>>> connect(const Origin& origin, CallScope& scope) override;

 private:
  struct Tls;
  explicit SystemConnector(std::unique_ptr<Tls> tls);
  std::unique_ptr<Tls> tls_;
};

}  // namespace xrouter::net
