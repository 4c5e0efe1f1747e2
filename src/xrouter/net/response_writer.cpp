#include "xrouter/net/response_writer.hpp"

#include <charconv>

#include "xrouter/net/syntax.hpp"

namespace xrouter::net {

using boost::asio::awaitable;

namespace {

/// Up to this size a body is copied behind its head so that both leave in one write.
constexpr std::size_t kOneWriteBytes = 64 * 1024;

bool set_by_server(std::string_view name) {
  for (std::string_view own : {"date", "content-length", "transfer-encoding", "connection", "keep-alive"})
    if (same_name(name, own)) return true;
  return false;
}

bool has_no_body(int status) { return status == 204 || status == 304; }

auto client_gone(std::string why = {}) { return fail(ErrorKind::cancelled, "The client has closed the connection.", std::move(why)); }

auto misuse(std::string why) { return fail(ErrorKind::internal, "The response cannot be written.", std::move(why)); }

}  // namespace

Result<void> ConnectionResponseWriter::put_head(int status, const Headers& headers) {
  if (state_ != State::untouched) return misuse("a second response to one request");
  if (status < 200 || status > 599) return misuse("status " + std::to_string(status));
  if (accepting_.ended()) context_.keep_alive = false;
  out_.clear();
  out_.append(context_.http_1_1 ? "HTTP/1.1 " : "HTTP/1.0 ").append(std::to_string(status)).append(" ").append(reason_phrase(status)).append("\r\n");
  bool clean = append_header(out_, "Date", http_date(scope_.clock().wall_now()));
  for (const Header& header : headers.list())
    if (!set_by_server(header.name)) clean = clean && append_header(out_, header.name, header.value);
  if (!clean) return misuse("a header name or value has forbidden characters");
  return {};
}

awaitable<Result<void>> ConnectionResponseWriter::send(int status, Headers headers, std::string body) {
  auto head = put_head(status, headers);
  if (!head) co_return head;
  if (!has_no_body(status)) out_.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  if (!context_.keep_alive) out_.append("Connection: close\r\n");
  if (context_.keep_alive && !context_.http_1_1) out_.append("Connection: keep-alive\r\n");
  out_.append("\r\n");
  const bool with_body = !context_.to_head && !has_no_body(status);
  if (!with_body) body.clear();
  const std::size_t together = std::min(body.size(), kOneWriteBytes);
  out_.append(body, 0, together);
  if (together == body.size()) co_return co_await flush(out_, State::complete);
  auto first = co_await flush(out_, State::streaming);
  if (!first) co_return first;
  const std::string_view rest = std::string_view(body).substr(together);
  co_return co_await flush(rest, State::complete);
}

Result<void> ConnectionResponseWriter::put_stream_head(int status, const Headers& headers) {
  auto head = put_head(status, headers);
  if (!head) return head;
  if (has_no_body(status)) return misuse("a status that has no body");
  chunked_ = context_.http_1_1;
  if (!chunked_) context_.keep_alive = false;  // HTTP/1.0: the end of the body is the end of the connection
  if (chunked_) out_.append("Transfer-Encoding: chunked\r\n");
  if (!context_.keep_alive) out_.append("Connection: close\r\n");
  out_.append("\r\n");
  return {};
}

awaitable<Result<void>> ConnectionResponseWriter::begin(int status, Headers headers, std::string_view first_piece) {
  auto head = put_stream_head(status, headers);
  if (!head) co_return head;
  append_piece(first_piece);
  co_return co_await flush_out(State::streaming);
}

Result<void> ConnectionResponseWriter::begin_later(int status, Headers headers) {
  auto head = put_stream_head(status, headers);
  if (head) state_ = State::streaming;
  return head;
}

Result<void> ConnectionResponseWriter::post(std::string_view piece) {
  if (state_ == State::failed) return client_gone();
  if (state_ != State::streaming) return misuse("post without begin");
  if (!post_waits_) append_piece(piece);
  auto sent = stream_.try_write(out_);
  if (!sent) {
    state_ = State::failed;
    return client_gone(sent.error().describe());
  }
  out_.erase(0, *sent);
  post_waits_ = !out_.empty();
  return {};
}

awaitable<Result<void>> ConnectionResponseWriter::write(std::string_view piece) {
  if (state_ == State::failed) co_return client_gone();
  if (state_ != State::streaming) co_return misuse("write without begin");
  append_piece(piece);
  if (out_.empty()) co_return Result<void>{};
  co_return co_await flush_out(State::streaming);
}

awaitable<Result<void>> ConnectionResponseWriter::finish() {
  if (state_ == State::failed) co_return client_gone();
  if (state_ != State::streaming) co_return misuse("finish without begin");
  if (chunked_ && !context_.to_head) out_.append("0\r\n\r\n");
  co_return co_await flush_out(State::complete);
}

void ConnectionResponseWriter::abort(bool reset) noexcept {
  state_ = State::failed;
  if (reset)
    stream_.reset();
  else
    stream_.close();
}

void ConnectionResponseWriter::append_piece(std::string_view piece) {
  if (piece.empty() || context_.to_head) return;  // an empty chunk would end the body
  if (!chunked_) {
    out_.append(piece);
    return;
  }
  char size[16];
  const auto end = std::to_chars(size, size + sizeof size, piece.size(), 16).ptr;
  out_.append(size, end).append("\r\n").append(piece).append("\r\n");
}

awaitable<Result<void>> ConnectionResponseWriter::flush_out(State next) {
  post_waits_ = false;
  auto flushed = co_await flush(out_, next);
  out_.clear();
  co_return flushed;
}

awaitable<Result<void>> ConnectionResponseWriter::flush(std::string_view bytes, State next) {
  state_ = State::failed;  // until it has gone out: a half-written response cannot be repaired
  if (!bytes.empty()) {
    watchdog_.limit(Watchdog::Limit::writing, write_timeout_);
    auto written = co_await stream_.write(bytes, scope_);
    watchdog_.lift();
    if (!written) co_return client_gone(written.error().describe());
  }
  state_ = next;
  co_return Result<void>{};
}

}  // namespace xrouter::net
