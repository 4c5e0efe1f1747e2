#include "xrouter/net/http_server.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <optional>

#include "xrouter/async/event.hpp"
#include "xrouter/base/log.hpp"
#include "xrouter/net/connection_reader.hpp"
#include "xrouter/net/request_parser.hpp"
#include "xrouter/net/response_writer.hpp"
#include "xrouter/net/watchdog.hpp"

namespace xrouter::net {

using boost::asio::awaitable;
using namespace std::chrono_literals;

namespace {

/// After a refused request the rest of it is read and dropped for a while. Closing at once would
/// make the kernel send a reset, which can destroy the response before the client has read it.
constexpr auto kLinger = 2s;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::size_t reader_capacity(const HttpLimits& limits) { return std::max<std::size_t>(64 * 1024, limits.max_header_bytes + 4096); }

class Session {
 public:
  Session(std::unique_ptr<ByteStream> stream, HttpHandler& handler, const HttpLimits& limits, CallScope& connection, CallScope& accepting)
      : stream_(std::move(stream)),
        handler_(handler),
        limits_(limits),
        scope_(connection, std::nullopt, "http"),
        accepting_(accepting),
        reader_(*stream_, scope_, reader_capacity(limits), [this] { on_client_gone(); }, [this] { on_client_floods(); }),
        parser_(limits),
        body_share_(handler.body_budget()),
        watchdog_(connection.timers(), [this](Watchdog::Limit kind) { on_limit(kind); }),
        pump_ended_(connection.executor()) {}

  awaitable<void> run() {
    boost::asio::co_spawn(scope_.executor(), reader_.run(), [this](std::exception_ptr) { pump_ended_.set(); });
    std::exception_ptr failure;
    try {
      co_await serve();
    } catch (...) {
      failure = std::current_exception();
    }
    stream_->close();
    reader_.discard();
    co_await pump_ended_.wait();
    if (failure) std::rethrow_exception(failure);
  }

 private:
  enum class Received { request, rejected, closed };

  awaitable<void> serve() {
    bool more = true;
    while (more) {
      const Received received = co_await receive();
      if (received == Received::closed) co_return;
      if (received == Received::rejected) co_return co_await refuse();
      more = co_await answer();
      body_share_.release();
    }
  }

  /// Reads one request. Each stage has its own limit; none starts anew with every byte.
  awaitable<Received> receive() {
    CallScope::Hook drain(accepting_, [this] { reader_.wake(); });
    parser_.reset();
    Stage stage = Stage::none;
    while (true) {
      feed_parser();
      if (parser_.rejection()) co_return reject(*parser_.rejection());
      if (parser_.head_done() && !body_share_.grow_to(parser_.so_far().body.size())) co_return reject(out_of_memory());
      if (parser_.done()) break;
      const Stage now = current_stage();
      const bool awaits_body = now == Stage::body && stage != Stage::body;
      if (awaits_body) refusal_ = handler_.refuse_head(parser_.so_far());
      if (refusal_) co_return Received::rejected;
      if (now == Stage::idle && accepting_.ended()) co_return Received::closed;
      if (now != stage) set_limit(now);
      if (awaits_body && parser_.expects_continue()) {
        auto invited = co_await invite_body();
        if (!invited) co_return Received::closed;
      }
      stage = now;
      if (!reader_.unread().empty() && fed_new_bytes_) continue;
      if (reader_.ended() || scope_.ended()) co_return Received::closed;
      if (watchdog_.expired()) co_return time_out(now);
      co_await reader_.wait();
    }
    watchdog_.lift();
    co_return Received::request;
  }

  enum class Stage { none, idle, head, body };

  Stage current_stage() const {
    if (parser_.head_done()) return Stage::body;
    return parser_.started() ? Stage::head : Stage::idle;
  }

  void feed_parser() {
    const std::size_t consumed = parser_.feed(reader_.unread());
    reader_.consume(consumed);
    fed_new_bytes_ = consumed > 0;
  }

  void set_limit(Stage stage) {
    if (stage == Stage::idle) watchdog_.limit(Watchdog::Limit::reading, limits_.idle_timeout);
    if (stage == Stage::head) watchdog_.limit(Watchdog::Limit::reading, limits_.header_timeout);
    if (stage == Stage::body) watchdog_.limit(Watchdog::Limit::reading, limits_.body_timeout);
  }

  Received time_out(Stage stage) {
    if (stage == Stage::idle) return Received::closed;
    return reject({.status = 408, .error = {.kind = ErrorKind::request_timeout, .public_text = "The request took too long to arrive."}});
  }

  static Rejection out_of_memory() {
    return {.status = 503, .error = {.kind = ErrorKind::overloaded, .public_text = "The server is reading as many requests as it may. Try again in a moment."}};
  }

  Received reject(const Rejection& rejection) {
    refusal_ = handler_.reject(rejection.error);
    refusal_->head.status = rejection.status;
    return Received::rejected;
  }

  awaitable<Result<void>> invite_body() {
    watchdog_.limit(Watchdog::Limit::writing, limits_.write_timeout);
    auto written = co_await stream_->write(kContinue, scope_);
    watchdog_.limit(Watchdog::Limit::reading, limits_.body_timeout);
    co_return written;
  }

  awaitable<void> refuse() {
    const bool to_head = parser_.head_done() && parser_.method() == "HEAD";
    parser_.reset();
    body_share_.release();
    HttpResponse response = std::move(*refusal_);
    const ResponseContext context{.http_1_1 = true, .to_head = to_head, .keep_alive = false};
    ConnectionResponseWriter writer(*stream_, scope_, accepting_, watchdog_, limits_.write_timeout, context);
    auto sent = co_await writer.send(response.head.status, std::move(response.head.headers), std::move(response.body));
    if (sent) co_await linger();
  }

  awaitable<void> linger() {
    stream_->half_close();
    reader_.discard();
    watchdog_.limit(Watchdog::Limit::reading, kLinger);
    while (!reader_.ended() && !scope_.ended() && !watchdog_.expired()) co_await reader_.wait();
  }

  /// Runs the handler. True when the connection can take another request.
  awaitable<bool> answer() {
    const ResponseContext context{
        .http_1_1 = parser_.is_http_1_1(), .to_head = parser_.method() == "HEAD", .keep_alive = parser_.keep_alive()};
    ConnectionResponseWriter writer(*stream_, scope_, accepting_, watchdog_, limits_.write_timeout, context);
    HttpRequest request = parser_.take();
    const bool handled = co_await handle(std::move(request), writer);
    if (!writer.begun() && client_gone_) co_return false;
    if (!writer.begun()) {
      HttpResponse response = handler_.reject(Error{.kind = ErrorKind::internal, .public_text = "The server had an internal error."});
      auto sent = co_await writer.send(500, std::move(response.head.headers), std::move(response.body));
      if (!sent) co_return false;
    }
    co_return handled && writer.may_continue() && !accepting_.ended();
  }

  /// False when the handler threw.
  awaitable<bool> handle(HttpRequest request, ResponseWriter& writer) {
    CallScope request_scope(scope_, std::nullopt, "r");
    request_scope_ = &request_scope;
    if (reader_.ended()) request_scope.cancel();
    bool completed = false;
    try {
      co_await handler_.handle(std::move(request), writer, request_scope);
      completed = true;
    } catch (const std::exception& exception) {
      log::error(request_scope.name(), std::string("exception in a handler: ") + exception.what());
    }
    request_scope_ = nullptr;
    client_gone_ = request_scope.ended();
    co_return completed;
  }

  void on_client_gone() {
    if (request_scope_) request_scope_->cancel();
  }

  void on_client_floods() {
    if (request_scope_) scope_.cancel();
  }

  /// A read limit wakes the reader, so that 408 can still be sent; a write limit cuts the client off.
  void on_limit(Watchdog::Limit kind) {
    if (kind == Watchdog::Limit::writing) return scope_.cancel();
    reader_.wake();
  }

  std::unique_ptr<ByteStream> stream_;
  HttpHandler& handler_;
  HttpLimits limits_;
  CallScope scope_;
  CallScope& accepting_;
  ConnectionReader reader_;
  RequestParser parser_;
  BodyBudget::Share body_share_;
  Watchdog watchdog_;
  Event pump_ended_;
  CallScope* request_scope_ = nullptr;  // of the handler that is running
  std::optional<HttpResponse> refusal_;
  bool client_gone_ = false;  // while the last handler ran
  bool fed_new_bytes_ = false;
};

}  // namespace

awaitable<void> serve_connection(std::unique_ptr<ByteStream> stream, HttpHandler& handler, HttpLimits limits, CallScope& connection,
                                 CallScope& accepting) {
  Session session(std::move(stream), handler, limits, connection, accepting);
  co_await session.run();
}

}  // namespace xrouter::net
