#include "xrouter/net/connector.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <vector>

#include "xrouter/async/event.hpp"
#include "xrouter/net/tcp_stream.hpp"

namespace xrouter::net {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::awaitable;
using asio::ip::tcp;
using boost::system::error_code;
using Endpoints = std::vector<tcp::endpoint>;

struct SystemConnector::Tls {
  ssl::context context{ssl::context::tls_client};
};

namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr unsigned char kAlpn[] = "\x08http/1.1";
constexpr Duration kMinShare = std::chrono::milliseconds(250);

tl::unexpected<Error> unreachable(const Origin& origin, std::string_view what, const error_code& code) {
  return fail(ErrorKind::upstream_unreachable, "The upstream cannot be reached.", origin.to_text() + ": " + std::string(what) + ": " + code.message());
}

/// Shared with the resolver's completion, which may come long after the caller has given up.
struct Lookup {
  explicit Lookup(const asio::any_io_executor& executor) : resolver(executor) {}
  tcp::resolver resolver;
  Event* waiter = nullptr;
  error_code code = asio::error::operation_aborted;
  Endpoints endpoints;
};

void start(const std::shared_ptr<Lookup>& lookup, const Origin& origin) {
  lookup->resolver.async_resolve(origin.host, std::to_string(origin.port), tcp::resolver::numeric_service,
                                 [lookup](error_code code, const tcp::resolver::results_type& results) {
                                   lookup->code = code;
                                   for (const auto& entry : results) lookup->endpoints.push_back(entry.endpoint());
                                   if (lookup->waiter) lookup->waiter->set();
                                 });
}

awaitable<Result<Endpoints>> resolve(const Origin& origin, CallScope& scope) {
  error_code not_literal;
  const auto address = asio::ip::make_address(origin.host, not_literal);
  if (!not_literal) co_return Endpoints(1, tcp::endpoint(address, origin.port));
  auto lookup = std::make_shared<Lookup>(scope.executor());
  Event done(scope.executor());
  lookup->waiter = &done;
  start(lookup, origin);
  {
    CallScope::Hook hook(scope, [&done] { done.set(); });
    co_await done.wait();
  }
  lookup->waiter = nullptr;
  lookup->resolver.cancel();
  if (scope.ended()) co_return fail(scope.error());
  if (lookup->code || lookup->endpoints.empty()) co_return unreachable(origin, "name lookup", lookup->code);
  co_return std::move(lookup->endpoints);
}

awaitable<error_code> connect_one(tcp::socket& socket, tcp::endpoint endpoint, CallScope& scope) {
  CallScope::Hook hook(scope, [&socket] {
    error_code ignored;
    socket.close(ignored);
  });
  auto [code] = co_await socket.async_connect(endpoint, kToken);
  if (scope.ended()) code = asio::error::timed_out;
  co_return code;
}

awaitable<Result<tcp::socket>> connect_any(const Origin& origin, Endpoints endpoints, CallScope& scope) {
  error_code code = asio::error::host_not_found;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    if (scope.ended()) co_return fail(scope.error());
    // A black-holed address must not use up the time of those after it.
    const auto left = static_cast<Duration::rep>(endpoints.size() - i);
    CallScope share(scope, std::max<Duration>(scope.remaining() / left, kMinShare), "address");
    tcp::socket socket(scope.executor());
    code = co_await connect_one(socket, endpoints[i], share);
    if (!code) co_return std::move(socket);
  }
  if (scope.ended()) co_return fail(scope.error());
  co_return unreachable(origin, "connect", code);
}

/// SNI and the expected name. A literal address is verified but not sent (RFC 6066, 3).
error_code expect_name(TlsStream::Stream& stream, const std::string& host) {
  error_code code;
  error_code not_literal;
  asio::ip::make_address(host, not_literal);
  if (not_literal && SSL_set_tlsext_host_name(stream.native_handle(), host.c_str()) != 1) code = asio::error::invalid_argument;
  if (!code) stream.set_verify_mode(ssl::verify_peer, code);
  if (!code) stream.set_verify_callback(ssl::host_name_verification(host), code);
  return code;
}

awaitable<Result<std::unique_ptr<ByteStream>>> start_tls(tcp::socket socket, ssl::context& context, const Origin& origin, CallScope& scope) {
  TlsStream::Stream stream(std::move(socket), context);
  error_code code = expect_name(stream, origin.host);
  if (code) co_return unreachable(origin, "TLS", code);
  {
    CallScope::Hook hook(scope, [&stream] {
      error_code ignored;
      stream.next_layer().close(ignored);
    });
    auto [failure] = co_await stream.async_handshake(ssl::stream_base::client, kToken);
    code = failure;
  }
  if (scope.ended()) co_return fail(scope.error());
  if (code) co_return unreachable(origin, "TLS", code);
  std::unique_ptr<ByteStream> secured = std::make_unique<TlsStream>(std::move(stream));
  co_return secured;
}

}  // namespace

Result<std::unique_ptr<SystemConnector>> SystemConnector::create(const TlsOptions& options) {
  auto tls = std::make_unique<Tls>();
  error_code code;
  SSL_CTX_set_min_proto_version(tls->context.native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_alpn_protos(tls->context.native_handle(), kAlpn, sizeof kAlpn - 1);
  if (options.system_roots) tls->context.set_default_verify_paths(code);
  if (code) return fail(ErrorKind::config, "The system's CA certificates cannot be loaded.", code.message());
  if (!options.ca_file.empty()) tls->context.load_verify_file(options.ca_file, code);
  if (code) return fail(ErrorKind::config, "A CA file cannot be loaded.", options.ca_file + ": " + code.message());
  return std::unique_ptr<SystemConnector>(new SystemConnector(std::move(tls)));
}

SystemConnector::SystemConnector(std::unique_ptr<Tls> tls) : tls_(std::move(tls)) {}
SystemConnector::~SystemConnector() = default;

awaitable<Result<std::unique_ptr<ByteStream>>> SystemConnector::connect(const Origin& origin, CallScope& scope) {
  if (scope.ended()) co_return fail(scope.error());
  auto endpoints = co_await resolve(origin, scope);
  if (!endpoints) co_return fail(endpoints.error());
  auto socket = co_await connect_any(origin, std::move(*endpoints), scope);
  if (!socket) co_return fail(socket.error());
  prepare_socket(*socket);
  if (origin.tls) co_return co_await start_tls(std::move(*socket), tls_->context, origin, scope);
  std::unique_ptr<ByteStream> plain = std::make_unique<TcpStream>(std::move(*socket));
  co_return plain;
}

}  // namespace xrouter::net
