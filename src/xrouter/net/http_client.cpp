#include "xrouter/net/http_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <map>
#include <set>
#include <vector>

#include "xrouter/net/client_connection.hpp"
#include "xrouter/net/response_parser.hpp"
#include "xrouter/net/syntax.hpp"

namespace xrouter::net {

using boost::asio::awaitable;

namespace {

/// Up to this size a body is copied behind its head so that both leave in one write.
constexpr std::size_t kOneWriteBytes = 64 * 1024;

bool set_by_client(std::string_view name) {
  for (std::string_view own : {"host", "content-length", "connection", "transfer-encoding", "accept-encoding"})
    if (same_name(name, own)) return true;
  return false;
}

std::string host_header(const Origin& origin) {
  std::string host = origin.host.find(':') == std::string::npos ? origin.host : "[" + origin.host + "]";
  if (origin.port != (origin.tls ? 443 : 80)) host.append(":").append(std::to_string(origin.port));
  return host;
}

/// The head, and behind it the body when that is small.
Result<std::string> serialize(const Origin& origin, const HttpRequest& request) {
  const auto cannot_send = [] { return fail(ErrorKind::config, "The upstream request cannot be sent.", "a method, target or header has forbidden characters"); };
  if (!is_token(request.method) || !is_target(request.target)) return cannot_send();
  std::string out;
  out.reserve(512 + (request.body.size() <= kOneWriteBytes ? request.body.size() : 0));
  out.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  bool clean = append_header(out, "Host", host_header(origin)) && append_header(out, "Accept-Encoding", "identity");
  for (const Header& header : request.headers.list())
    if (!set_by_client(header.name)) clean = clean && append_header(out, header.name, header.value);
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH")
    clean = clean && append_header(out, "Content-Length", std::to_string(request.body.size()));
  if (!clean) return cannot_send();
  out.append("\r\n");
  if (request.body.size() <= kOneWriteBytes) out.append(request.body);
  return out;
}

}  // namespace

/// Idle connections by origin, the youngest last.
class HttpClient::Pool {
 public:
  explicit Pool(const HttpClientOptions& options) : options_(options) {}

  /// Null when none is fit for use.
  std::unique_ptr<ClientConnection> take(const Origin& origin, TimePoint now) {
    drop_old(now);
    auto& idle = idle_[origin];
    while (!idle.empty()) {
      std::unique_ptr<ClientConnection> connection = std::move(idle.back().connection);
      idle.pop_back();
      if (connection->stream().idle_and_open()) return connection;
    }
    return nullptr;
  }

  void put(const Origin& origin, std::unique_ptr<ClientConnection> connection, TimePoint now) {
    drop_old(now);
    auto& idle = idle_[origin];
    if (closed_ || idle.size() >= options_.max_idle_per_origin) return;
    idle.push_back({std::move(connection), now});
  }

  void close() {
    closed_ = true;
    idle_.clear();
    for (CallScope* window : leftovers_) window->cancel();
  }

  std::set<CallScope*> leftovers_;  // windows of the responses that are read to their ends

  std::size_t size() const {
    std::size_t total = 0;
    for (const auto& [origin, idle] : idle_) total += idle.size();
    return total;
  }

 private:
  struct Idle {
    std::unique_ptr<ClientConnection> connection;
    TimePoint since;
  };
  void drop_old(TimePoint now) {
    for (auto& [origin, idle] : idle_)
      std::erase_if(idle, [&](const Idle& entry) { return now - entry.since >= options_.idle_timeout; });
  }

  HttpClientOptions options_;
  std::map<Origin, std::vector<Idle>> idle_;  // as many origins as the configuration names
  bool closed_ = false;
};

class HttpClient::Exchange final : public HttpExchange {
 public:
  Exchange(std::shared_ptr<Pool> pool, const Origin& origin, std::unique_ptr<ClientConnection> connection, ResponseParser parser, const Clock& clock)
      : pool_(std::move(pool)), origin_(origin), connection_(std::move(connection)), parser_(std::move(parser)), clock_(clock) {}
  ~Exchange() override { give_back(); }

  const HttpResponseHead& head() const override { return parser_.head(); }

  awaitable<Result<std::string_view>> read_body(CallScope& scope) override {
    while (!parser_.done()) {
      if (!connection_) co_return fail(ErrorKind::upstream_unreachable, "The connection to the upstream is closed.");
      auto step = parser_.feed(connection_->unread());
      if (!step) co_return broken(step.error());
      connection_->consume(step->consumed);
      if (!step->body.empty()) co_return step->body;
      if (!step->need_more && !connection_->unread().empty()) continue;
      if (parser_.done()) break;
      auto more = co_await connection_->read_more(scope);
      if (!more) co_return broken(more.error());
      if (*more > 0) continue;
      auto ended = parser_.feed_end();
      connection_->stream().close();
      if (!ended) co_return broken(ended.error());
    }
    give_back();
    co_return std::string_view();
  }

 private:
  tl::unexpected<Error> broken(Error error) {
    connection_.reset();
    return fail(std::move(error));
  }

  void give_back() {
    if (!connection_ || !parser_.done()) return;
    if (parser_.keep_alive() && connection_->reusable()) pool_->put(origin_, std::move(connection_), clock_.now());
    connection_.reset();
  }

  std::shared_ptr<Pool> pool_;
  Origin origin_;
  std::unique_ptr<ClientConnection> connection_;  // null once given back or broken
  ResponseParser parser_;
  const Clock& clock_;
};

struct HttpClient::Leftover {
  Leftover(std::shared_ptr<Pool> in, std::unique_ptr<HttpExchange> of, const CallScope& like, Duration limit)
      : pool(std::move(in)), window(like.executor(), like.timers(), Deadline::after(like.now(), limit), "leftover"), exchange(std::move(of)) {
    pool->leftovers_.insert(&window);
  }
  ~Leftover() { pool->leftovers_.erase(&window); }
  Leftover(const Leftover&) = delete;
  Leftover& operator=(const Leftover&) = delete;

  std::shared_ptr<Pool> pool;
  CallScope window;
  std::unique_ptr<HttpExchange> exchange;
};

awaitable<void> HttpClient::read_to_end(std::unique_ptr<Leftover> leftover) {
  for (bool more = true; more;) {
    auto piece = co_await leftover->exchange->read_body(leftover->window);
    more = piece && !piece->empty();
  }
}

void HttpClient::finish_later(std::unique_ptr<HttpExchange> exchange, const CallScope& like, Duration window) {
  // More than could be kept idle are not worth reading: dropping the exchange closes its connection.
  if (pool_->leftovers_.size() >= options_.max_idle_per_origin) return;
  auto leftover = std::make_unique<Leftover>(pool_, std::move(exchange), like, window);
  // The pool ends it; an exception could only be lack of memory, and costs this connection.
  boost::asio::co_spawn(like.executor(), read_to_end(std::move(leftover)), [](std::exception_ptr) {});
}

HttpClient::HttpClient(Connector& connector, HttpClientOptions options)
    : connector_(connector), options_(options), pool_(std::make_shared<Pool>(options)) {}
HttpClient::~HttpClient() { pool_->close(); }
std::size_t HttpClient::idle_connections() const { return pool_->size(); }
std::size_t HttpClient::connections_opened() const { return opened_; }

awaitable<Result<std::unique_ptr<ClientConnection>>> HttpClient::connect(const Origin& origin, CallScope& scope) {
  CallScope limit(scope, options_.connect_timeout, "connect");
  auto stream = co_await connector_.connect(origin, limit);
  if (!stream && scope.ended()) co_return fail(scope.error());
  if (!stream && limit.ended()) co_return fail(ErrorKind::upstream_unreachable, "The upstream cannot be reached.", "connect timed out: " + origin.to_text());
  if (!stream) co_return fail(stream.error());
  ++opened_;
  co_return std::make_unique<ClientConnection>(std::move(*stream));
}

namespace {

/// `head` has the body behind it when that is small.
awaitable<Result<void>> write_request(ByteStream& stream, const std::string& head, const std::string& body, CallScope& scope) {
  auto written = co_await stream.write(head, scope);
  if (!written || body.size() <= kOneWriteBytes) co_return written;
  co_return co_await stream.write(body, scope);
}

awaitable<Result<void>> read_head(ClientConnection& connection, ResponseParser& parser, CallScope& scope) {
  while (!parser.head_done()) {
    auto step = parser.feed(connection.unread());
    if (!step) co_return fail(step.error());
    connection.consume(step->consumed);
    if (!step->need_more) continue;
    auto more = co_await connection.read_more(scope);
    if (!more) co_return fail(more.error());
    if (*more == 0) co_return parser.feed_end();
  }
  co_return Result<void>{};
}

}  // namespace

awaitable<Result<std::unique_ptr<HttpExchange>>> HttpClient::open(const Origin& origin, const HttpRequest& request, CallScope& scope, bool* sent) {
  auto head = serialize(origin, request);
  if (!head) co_return fail(head.error());
  for (bool may_reuse = true;; may_reuse = false) {
    std::unique_ptr<ClientConnection> connection = may_reuse ? pool_->take(origin, scope.now()) : nullptr;
    const bool reused = connection != nullptr;
    if (!reused) {
      auto fresh = co_await connect(origin, scope);
      if (!fresh) co_return fail(fresh.error());
      connection = std::move(*fresh);
    }
    ResponseParser parser(options_.max_header_bytes, options_.max_body_bytes, request.method == "HEAD");
    auto done = co_await write_request(connection->stream(), *head, request.body, scope);
    // The server closed the idle connection before it had the whole request, so it cannot be working
    // on it. Once everything is written nobody knows, and a second try is the caller's to count.
    const bool stale = !done && reused && done.error().kind == ErrorKind::upstream_unreachable;
    if (stale && !scope.ended()) continue;
    if (done && sent) *sent = true;
    if (done) done = co_await read_head(*connection, parser, scope);
    if (!done) co_return fail(done.error());
    const std::string_view coding = parser.head().headers.get("content-encoding");
    if (!coding.empty() && !same_name(coding, "identity"))
      co_return fail(ErrorKind::upstream_invalid, "The upstream answered with invalid HTTP.", "a content coding that was not accepted");
    std::unique_ptr<HttpExchange> exchange = std::make_unique<Exchange>(pool_, origin, std::move(connection), std::move(parser), scope.clock());
    co_return exchange;
  }
}

awaitable<Result<HttpResponse>> HttpClient::send(const Origin& origin, const HttpRequest& request, CallScope& scope) {
  auto exchange = co_await open(origin, request, scope);
  if (!exchange) co_return fail(exchange.error());
  HttpResponse response;
  while (true) {
    auto piece = co_await (*exchange)->read_body(scope);
    if (!piece) co_return fail(piece.error());
    if (piece->empty()) break;
    response.body.append(*piece);
  }
  response.head = (*exchange)->head();
  co_return response;
}

}  // namespace xrouter::net
