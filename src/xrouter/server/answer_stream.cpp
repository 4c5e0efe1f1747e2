#include "xrouter/server/answer_stream.hpp"

#include "xrouter/async/sleep.hpp"
#include "xrouter/server/error_response.hpp"
#include "xrouter/wire/sse/sse.hpp"

namespace xrouter::server {
namespace {

using boost::asio::awaitable;
namespace openai = wire::openai;
namespace sse = wire::sse;

}  // namespace

AnswerStream::AnswerStream(HttpExchange& exchange, AnswerHeaders answer_headers, openai::Envelope envelope, bool include_usage, std::int64_t choices)
    : exchange_(exchange),
      answer_headers_(std::move(answer_headers)),
      envelope_(std::move(envelope)),
      include_usage_(include_usage),
      shaper_(choices),
      last_sent_(exchange.started()) {}

net::Headers AnswerStream::stream_headers() const {
  net::Headers headers;
  headers.add("content-type", "text/event-stream");
  headers.add("cache-control", "no-cache");
  headers.add("x-accel-buffering", "no");
  if (shaper_.committed() && answer_headers_) answer_headers_(headers);
  return headers;
}

awaitable<Result<void>> AnswerStream::push(std::string_view bytes) {
  writing_ = true;  // one writer at a time: no comment meanwhile
  Result<void> sent;
  if (exchange_.begun())
    sent = co_await exchange_.write(bytes);
  else
    sent = co_await exchange_.begin(200, stream_headers(), bytes);
  writing_ = false;
  last_sent_ = exchange_.connection().now();
  co_return sent;
}

std::string AnswerStream::events_of(const std::vector<ChatDelta>& deltas) const {
  std::string events;
  for (const ChatDelta& delta : deltas) events += sse::data_event(openai::render_chunk(delta, envelope_, include_usage_));
  return events;
}

awaitable<Result<void>> AnswerStream::write(const ChatDelta& delta, CallScope& scope) {
  const std::string events = events_of(shaper_.shape(delta));
  if (events.empty()) co_return Result<void>();
  if (scope.ended()) co_return fail(scope.error());
  // A client that does not read must not hold the upstream open beyond the scope. What it got of
  // this write is unknown, so its connection ends.
  CallScope::Hook give_up(scope, [this] { exchange_.abort(); });
  auto sent = co_await push(events);
  if (!sent && scope.ended()) co_return fail(scope.error());
  co_return sent;
}

awaitable<void> AnswerStream::keep_alive(CallScope& scope) {
  const config::ServerConfig& config = exchange_.server_config();
  Duration wait = config.header_hold;
  while (!scope.ended()) {
    auto slept = co_await sleep_for(wait, scope);
    if (!slept) co_return;
    const Duration quiet = scope.now() - last_sent_;
    const Duration interval = config.keep_alive_comment;
    wait = interval;
    if (exchange_.begun() && quiet < interval) wait = interval - quiet;
    const bool needed = !exchange_.begun() || quiet >= interval;
    // A write under way is a client that does not read: a comment would not reach it either.
    if (!needed || writing_) continue;
    if (!exchange_.post(sse::kKeepAlive, stream_headers())) co_return;
    last_sent_ = scope.now();
  }
}

awaitable<Result<void>> AnswerStream::finish(const ChatReply& answer, const Usage& usage, const RawJson& metadata) {
  std::string events;
  if (!shaper_.committed())
    for (const ChatDelta& delta : deltas_of(answer)) events += events_of(shaper_.shape(delta));
  events += events_of(shaper_.close(answer));
  if (include_usage_) events += sse::data_event(openai::render_usage_chunk(envelope_, usage, metadata));
  events += sse::kDone;
  auto sent = co_await push(events);
  if (!sent) co_return sent;
  co_return co_await exchange_.finish();
}

awaitable<Result<void>> AnswerStream::fail_with(Error error) {
  if (!exchange_.begun()) co_return fail(std::move(error));
  // [DONE] or a plain end would make the cut look like a complete answer.
  const std::string event = sse::data_event(openai::render_error(for_client(error)));
  auto sent = co_await push(event);
  if (sent) sent = co_await exchange_.finish();
  co_return fail(std::move(error));
}

}  // namespace xrouter::server
