// net over real TCP and TLS. Behaviour is tested in memory beside the code; here only what needs a kernel.
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/context.hpp>
#include <filesystem>
#include <fstream>

#include "test_certificates.hpp"
#include "xrouter/async/sleep.hpp"
#include "xrouter/net/connector.hpp"
#include "xrouter/net/http_client.hpp"
#include "xrouter/net/http_server.hpp"
#include "xrouter/net/listener.hpp"
#include "xrouter/net/tcp_stream.hpp"

namespace xrouter::net {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using namespace std::chrono_literals;
using asio::awaitable;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

class Echo final : public HttpHandler {
 public:
  awaitable<void> handle(HttpRequest request, ResponseWriter& response, CallScope& scope) override {
    if (request.target == "/slow") {
      auto slept = co_await sleep_for(30s, scope);
      if (!slept) ended_with = slept.error().kind;
    }
    Headers headers;
    auto sent = co_await response.send(200, std::move(headers), std::move(request.body));
  }
  HttpResponse reject(const Error& error) override { return {.head = {}, .body = std::string(label_of(error.kind))}; }
  std::optional<ErrorKind> ended_with;
};

bool has_no_delay(int socket) {
  int value = 0;
  socklen_t size = sizeof value;
  return getsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &value, &size) == 0 && value != 0;
}

class Loopback : public ::testing::Test {
 protected:
  void TearDown() override {
    scope_.cancel();
    listening_.cancel();
    io_.run_for(2s);
    EXPECT_EQ(listener_ ? listener_->connections() : 0u, 0u);
  }

  void serve(ListenOptions options = {}) {
    auto opened = Listener::open(io_.get_executor(), options);
    ASSERT_TRUE(opened) << opened.error().describe();
    listener_ = std::move(*opened);
    std::vector<asio::any_io_executor> workers(1, asio::any_io_executor(io_.get_executor()));
    Listener::OnConnection on_connection = [this](std::unique_ptr<ByteStream> stream, std::size_t) { return serve_one(std::move(stream)); };
    asio::co_spawn(io_, listener_->run(std::move(workers), std::move(on_connection), listening_), asio::detached);
  }

  awaitable<void> serve_one(std::unique_ptr<ByteStream> stream) {
    if (auto* tcp = dynamic_cast<TcpStream*>(stream.get())) server_no_delay_ = has_no_delay(tcp->native_handle());
    co_await serve_connection(std::move(stream), handler_, limits_, scope_, listening_);
  }

  /// Serves TLS with `certificates` on a port of its own.
  std::uint16_t serve_tls(const TestCertificates& certificates) {
    tls_.use_certificate(asio::buffer(certificates.certificate_pem), ssl::context::pem);
    tls_.use_private_key(asio::buffer(certificates.key_pem), ssl::context::pem);
    SSL_CTX_set_tlsext_servername_callback(tls_.native_handle(), +[](SSL* session, int*, void* self) {
      const char* name = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name);
      static_cast<Loopback*>(self)->asked_for_ = name ? name : "";
      return SSL_TLSEXT_ERR_OK;
    });
    SSL_CTX_set_tlsext_servername_arg(tls_.native_handle(), this);
    tls_acceptor_.emplace(io_, asio::ip::tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
    asio::co_spawn(io_, accept_tls(), asio::detached);
    return tls_acceptor_->local_endpoint().port();
  }

  awaitable<void> accept_tls() {
    CallScope::Hook hook(scope_, [this] { tls_acceptor_->close(); });
    while (true) {
      auto [code, socket] = co_await tls_acceptor_->async_accept(kToken);
      if (code) co_return;
      TlsStream::Stream stream(std::move(socket), tls_);
      auto [failed] = co_await stream.async_handshake(ssl::stream_base::server, kToken);
      if (failed) continue;
      std::unique_ptr<ByteStream> secured = std::make_unique<TlsStream>(std::move(stream));
      asio::co_spawn(io_, serve_one(std::move(secured)), asio::detached);
    }
  }

  std::string write_file(const std::string& text) {
    const auto path = std::filesystem::path(::testing::TempDir()) / ("xrouter-test-ca-" + std::to_string(getpid()) + ".pem");
    std::ofstream(path) << text;
    return path.string();
  }

  template <class T>
  T run(awaitable<T> operation) {
    std::optional<T> result;
    asio::co_spawn(io_, std::move(operation), [&](std::exception_ptr failure, T value) {
      if (!failure) result.emplace(std::move(value));
    });
    const auto give_up = std::chrono::steady_clock::now() + 20s;
    while (!result && std::chrono::steady_clock::now() < give_up) io_.run_one_for(100ms);
    return std::move(result.value());
  }

  Origin origin(std::uint16_t port) const { return {.tls = false, .host = "127.0.0.1", .port = port}; }

  asio::io_context io_;
  AsioTimers timers_{io_};
  CallScope scope_{io_.get_executor(), timers_, Deadline::never(), "test"};
  CallScope listening_{io_.get_executor(), timers_, Deadline::never(), "listening"};
  Echo handler_;
  HttpLimits limits_;
  std::unique_ptr<Listener> listener_;
  ssl::context tls_{ssl::context::tls_server};
  std::optional<asio::ip::tcp::acceptor> tls_acceptor_;
  std::string asked_for_ = "nobody asked";
  bool server_no_delay_ = false;
  std::unique_ptr<SystemConnector> connector_ = std::move(*SystemConnector::create());
};

TEST_F(Loopback, requests_go_over_one_real_connection_and_back) {
  serve();
  HttpClient client(*connector_);
  for (const std::size_t size : {10u, 100'000u, 3'000'000u}) {
    HttpRequest request{.method = "POST", .target = "/", .body = std::string(size, 'x')};
    auto response = run(client.send(origin(listener_->port()), request, scope_));
    ASSERT_TRUE(response) << response.error().describe();
    EXPECT_EQ(response->body, request.body);
  }
  EXPECT_EQ(client.connections_opened(), 1u);
}

TEST_F(Loopback, a_name_is_looked_up) {
  serve();
  HttpClient client(*connector_);
  const HttpRequest request;
  Origin named = origin(listener_->port());
  named.host = "localhost";
  auto response = run(client.send(named, request, scope_));
  EXPECT_TRUE(response) << response.error().describe();
  named.host = "no-such-host.invalid";
  auto failed = run(client.send(named, request, scope_));
  EXPECT_EQ(failed.error().kind, ErrorKind::upstream_unreachable);
}

TEST_F(Loopback, neither_side_delays_small_writes) {
  serve();
  auto stream = run(connector_->connect(origin(listener_->port()), scope_));
  ASSERT_TRUE(stream);
  EXPECT_TRUE(has_no_delay(dynamic_cast<TcpStream&>(**stream).native_handle()));
  io_.run_for(50ms);
  EXPECT_TRUE(server_no_delay_);
}

TEST_F(Loopback, tls_verifies_chain_and_name_and_sends_the_name) {
  const TestCertificates certificates = make_test_certificates("DNS:localhost,IP:127.0.0.1");
  const std::uint16_t port = serve_tls(certificates);
  auto trusting = SystemConnector::create({.ca_file = write_file(certificates.ca_pem)});
  ASSERT_TRUE(trusting) << trusting.error().describe();
  HttpClient client(**trusting);
  const HttpRequest request{.method = "POST", .target = "/", .body = std::string(300'000, 'x')};
  auto by_name = run(client.send({.tls = true, .host = "localhost", .port = port}, request, scope_));
  ASSERT_TRUE(by_name) << by_name.error().describe();
  EXPECT_EQ(by_name->body, request.body);
  EXPECT_EQ(asked_for_, "localhost");
  auto again = run(client.send({.tls = true, .host = "localhost", .port = port}, request, scope_));
  EXPECT_TRUE(again);
  EXPECT_EQ(client.connections_opened(), 1u) << "a TLS connection is reused too";
  auto by_address = run(client.send({.tls = true, .host = "127.0.0.1", .port = port}, request, scope_));
  EXPECT_TRUE(by_address) << by_address.error().describe();
  EXPECT_EQ(asked_for_, "") << "an address is no server name";
  auto stream = run((*trusting)->connect({.tls = true, .host = "localhost", .port = port}, scope_));
  ASSERT_TRUE(stream);
  EXPECT_TRUE(has_no_delay(dynamic_cast<TlsStream&>(**stream).native_handle()));
}

TEST_F(Loopback, tls_refuses_an_unknown_authority_and_a_wrong_name) {
  const TestCertificates certificates = make_test_certificates("DNS:other.example");
  const std::uint16_t port = serve_tls(certificates);
  const Origin target{.tls = true, .host = "localhost", .port = port};
  auto untrusting = run(connector_->connect(target, scope_));
  ASSERT_FALSE(untrusting);
  EXPECT_EQ(untrusting.error().kind, ErrorKind::upstream_unreachable);
  auto trusting = SystemConnector::create({.ca_file = write_file(certificates.ca_pem)});
  auto wrong_name = run((*trusting)->connect(target, scope_));
  ASSERT_FALSE(wrong_name);
  EXPECT_EQ(wrong_name.error().kind, ErrorKind::upstream_unreachable);
}

TEST_F(Loopback, a_handshake_that_stalls_ends_with_the_deadline) {
  asio::ip::tcp::acceptor silent(io_, asio::ip::tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
  CallScope limit(scope_, 200ms, "limit");
  auto stream = run(connector_->connect({.tls = true, .host = "127.0.0.1", .port = silent.local_endpoint().port()}, limit));
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().kind, ErrorKind::attempt_timeout);
}

TEST_F(Loopback, a_missing_ca_file_is_a_configuration_error) {
  auto created = SystemConnector::create({.ca_file = "/no/such/file.pem"});
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().kind, ErrorKind::config);
  EXPECT_EQ(created.error().public_text.find("/no/such"), std::string::npos);
}

TEST_F(Loopback, a_closed_port_is_unreachable) {
  serve();
  const std::uint16_t port = listener_->port();
  listener_->close();
  auto stream = run(connector_->connect(origin(port), scope_));
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().kind, ErrorKind::upstream_unreachable);
}

TEST_F(Loopback, cancelling_a_call_reaches_the_handler_at_the_other_end) {
  serve();
  HttpClient client(*connector_);
  CallScope call(scope_, 100ms, "call");
  const HttpRequest request{.target = "/slow"};
  auto response = run(client.send(origin(listener_->port()), request, call));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::attempt_timeout);
  io_.run_for(100ms);
  EXPECT_EQ(handler_.ended_with, ErrorKind::cancelled);
}

TEST_F(Loopback, a_refusal_survives_the_body_that_was_still_on_its_way) {
  limits_.max_body_bytes = 1000;
  serve();
  HttpClient client(*connector_);
  const HttpRequest request{.method = "POST", .target = "/", .body = std::string(8'000'000, 'x')};
  auto response = run(client.send(origin(listener_->port()), request, scope_));
  ASSERT_TRUE(response) << response.error().describe();
  EXPECT_EQ(response->head.status, 413);
}

TEST_F(Loopback, connections_over_the_limit_are_closed_at_once) {
  serve({.max_connections = 1});
  auto first = run(connector_->connect(origin(listener_->port()), scope_));
  auto second = run(connector_->connect(origin(listener_->port()), scope_));
  ASSERT_TRUE(first && second);
  std::array<char, 16> buffer;
  auto count = run((*second)->read_some(buffer, scope_));
  EXPECT_EQ(count.value_or(0), 0u);
  EXPECT_TRUE((*first)->idle_and_open());
  EXPECT_EQ(listener_->connections(), 1u);
}

TEST_F(Loopback, the_listener_survives_running_out_of_file_descriptors) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "UBSan's vptr check opens a pipe, which fails like everything else here, and then reports a false error";
#endif
  serve();
  asio::ip::tcp::socket client(io_);
  client.open(asio::ip::tcp::v4());
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const int next_free = dup(0);
  ::close(next_free);
  const rlimit none_left{.rlim_cur = static_cast<rlim_t>(next_free), .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none_left);
  client.connect({asio::ip::make_address("127.0.0.1"), listener_->port()});
  io_.run_for(250ms);
  EXPECT_EQ(listener_->connections(), 0u);
  setrlimit(RLIMIT_NOFILE, &before);
  io_.run_for(250ms);
  EXPECT_EQ(listener_->connections(), 1u);
}

TEST_F(Loopback, a_taken_port_and_a_bad_address_say_so) {
  serve();
  auto taken = Listener::open(io_.get_executor(), {.port = listener_->port()});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().kind, ErrorKind::io);
  auto bad = Listener::open(io_.get_executor(), {.address = "localhost"});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().kind, ErrorKind::config);
}

}  // namespace
}  // namespace xrouter::net
