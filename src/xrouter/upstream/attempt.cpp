#include "xrouter/upstream/attempt.hpp"

#include <algorithm>

#include "xrouter/net/syntax.hpp"
#include "xrouter/upstream/meter.hpp"
#include "xrouter/upstream/stream_repair.hpp"
#include "xrouter/wire/openai/codec.hpp"
#include "xrouter/wire/sse/sse.hpp"

namespace xrouter::upstream {
namespace {

using boost::asio::awaitable;
using Exchange = std::unique_ptr<net::HttpExchange>;

constexpr std::size_t kMaxFailureBody = 64 * 1024;
constexpr std::size_t kMaxUpstreamId = 128;
/// After [DONE] the end of the body is normally there already; reading it keeps the connection.
constexpr auto kDrainWindow = std::chrono::milliseconds(50);

// Pairs a failure with the words a client may read; the reason stays in the log.
Error invalid(std::string why) {
  return {.kind = ErrorKind::upstream_invalid, .public_text = "The upstream's answer could not be used.", .internal_text = std::move(why)};
}

Result<ChatReply> usable(ChatReply reply) {
  if (reply.has_answer()) return reply;
  const bool filtered = !reply.choices.empty() && reply.choices.front().finish_reason == FinishReason::content_filter;
  if (filtered) return fail(ErrorKind::content_filtered, "The upstream's content policy refused the request.");
  return fail(invalid("empty answer"));
}

std::optional<std::chrono::milliseconds> retry_after_of(const net::HttpResponseHead& head, const Clock& clock) {
  const net::Headers& headers = head.headers;
  // Vendors send their limits with every answer; they are a waiting time only when a limit was hit.
  std::string_view reset;
  if (head.status == 429) {
    const bool tokens = headers.get("x-ratelimit-remaining-tokens") == "0" || !headers.has("x-ratelimit-reset-requests");
    reset = headers.get(tokens ? "x-ratelimit-reset-tokens" : "x-ratelimit-reset-requests");
  }
  const auto now = std::chrono::floor<std::chrono::seconds>(clock.wall_now());
  return wire::openai::read_retry_after(headers.get("retry-after-ms"), headers.get("retry-after"), now.time_since_epoch().count(), reset);
}

std::int64_t choices_of(const ChatRequest& request) { return std::max<std::int64_t>(request.sampling.n.value_or(1), 1); }

// Any other type is read as a stream, for not every server that streams says so.
bool is_plain_answer(const net::HttpResponseHead& head) {
  constexpr std::string_view json = "application/json";
  return net::same_name(head.headers.get("content-type").substr(0, json.size()), json);
}

class Attempt {
 public:
  Attempt(const AttemptContext& context, const ModelCall& call, CallScope& outer, DeltaSink* live)
      : context_(context),
        call_(call),
        outer_(outer),
        scope_(outer, context.config.attempt_timeout, "try"),
        live_(live),
        repair_(choices_of(call.request)),
        begun_(outer.now()) {
    result_.record.model = call.model->id;
    result_.record.price_version = call.model->price.version();
    result_.record.started = outer.clock().wall_now();
    result_.record.deployment = context.deployment;
  }

  awaitable<AttemptResult> run() {
    Result<ChatReply> reply = fail(ErrorKind::internal, "not run");
    if (live_)
      reply = co_await stream();
    else
      reply = co_await unary();
    finish(std::move(reply));
    co_return std::move(result_);
  }

 private:
  void finish(Result<ChatReply> reply) {
    AttemptRecord& record = result_.record;
    if (!reply) record.error = consumption_.error = reply.error().kind;
    record.http_status = consumption_.http_status;
    record.latency = outer_.now() - begun_;
    record.upstream_id.resize(std::min(record.upstream_id.size(), kMaxUpstreamId));
    bill(record, call_, consumption_, context_.estimator);
    result_.reply = std::move(reply);
  }

  /// Sends the request; an answer other than 200 is an error.
  awaitable<Result<Exchange>> open(bool stream, CallScope& window) {
    const auto limit_name = context_.config.token_limit_name == "max_tokens" ? wire::openai::TokenLimitName::max_tokens
                                                                             : wire::openai::TokenLimitName::max_completion_tokens;
    const RequestParts parts{.user_agent = context_.user_agent, .depth = call_.depth, .stream = stream};
    std::string body = wire::openai::render_chat_request(call_.request, context_.model, stream, {.token_limit_name = limit_name});
    const net::HttpRequest request = make_request(context_.endpoint, context_.api_key, parts, std::move(body));
    Result<Exchange> exchange = co_await context_.http.open(context_.endpoint.origin, request, window, &consumption_.request_sent);
    if (!exchange) co_return exchange;
    const net::HttpResponseHead& head = (*exchange)->head();
    consumption_.http_status = head.status;
    result_.record.upstream_id = head.headers.get("x-request-id");
    if (head.status == 200) co_return exchange;
    Error failure = co_await read_failure(**exchange, window);
    co_return fail(std::move(failure));
  }

  awaitable<Error> read_failure(net::HttpExchange& exchange, CallScope& window) {
    std::string body;
    bool more = true;
    while (more && body.size() < kMaxFailureBody) {
      const Result<std::string_view> piece = co_await exchange.read_body(window);
      more = piece && !piece->empty();
      if (more) body.append(*piece);
    }
    if (outer_.ended()) co_return outer_.error();
    Error failure = wire::openai::classify_failure(exchange.head().status, body);
    failure.retry_after = retry_after_of(exchange.head(), outer_.clock());
    co_return failure;
  }

  awaitable<Result<ChatReply>> unary() {
    Result<Exchange> exchange = co_await open(false, scope_);
    if (!exchange) co_return fail(exchange.error());
    co_return co_await read_whole(**exchange);
  }

  awaitable<Result<ChatReply>> read_whole(net::HttpExchange& exchange) {
    std::string body;
    for (bool more = true; more;) {
      const Result<std::string_view> piece = co_await exchange.read_body(scope_);
      if (!piece) co_return fail(piece.error());
      body.append(*piece);
      consumption_.output_bytes = body.size();  // nothing better is known of an answer that is cut off
      more = !piece->empty();
    }
    consumption_.output_bytes = 0;
    Result<ChatReply> reply = wire::openai::parse_chat_reply(body);
    if (!reply) {
      // Counts are kept although the answer is unusable; a chunk is the same document with less demands.
      const Result<ChatDelta> remains = wire::openai::parse_chunk(body);
      if (remains) consumption_.reported = remains->usage;
      co_return reply;
    }
    consumption_.reported = reply->usage;
    consumption_.output_bytes = output_bytes_of(*reply);
    if (!reply->id.empty()) result_.record.upstream_id = reply->id;
    const auto wanted = static_cast<std::size_t>(choices_of(call_.request));
    if (reply->choices.size() > wanted) reply->choices.resize(wanted);
    co_return usable(std::move(*reply));
  }

  awaitable<Result<ChatReply>> stream() {
    first_output_.emplace(scope_, context_.config.first_token_timeout, "first-token");
    Result<Exchange> exchange = co_await open(true, *first_output_);
    const bool plain = exchange && is_plain_answer((*exchange)->head());
    if (plain) co_return co_await relay_whole(**exchange);
    Result<void> read;
    if (exchange) read = co_await read_stream(**exchange);
    first_output_.reset();
    if (!exchange) co_return fail(exchange.error());
    if (!read) co_return judge_broken(std::move(read.error()));
    const bool complete = done_ ? accumulator_.any() : accumulator_.finished();
    if (!complete) co_return judge_broken(accumulator_.any() ? invalid("stream ended early") : invalid("stream without content"));
    Result<void> whole = repair_.complete();
    if (!whole) co_return judge_broken(std::move(whole.error()));
    if (done_) context_.http.finish_later(std::move(*exchange), scope_, kDrainWindow);
    Result<ChatReply> reply = usable(accumulator_.reply());
    if (!reply) co_return judge_broken(std::move(reply.error()));
    co_return reply;
  }

  /// Some servers ignore `stream` and answer in one piece.
  awaitable<Result<ChatReply>> relay_whole(net::HttpExchange& exchange) {
    first_output_.reset();
    Result<ChatReply> reply = co_await read_whole(exchange);
    if (!reply) co_return reply;
    result_.record.first_token = outer_.now() - begun_;
    const std::vector<ChatDelta> deltas = deltas_of(*reply);
    for (const ChatDelta& delta : deltas) {
      Result<void> sent = co_await relay(delta);
      if (!sent) co_return judge_broken(std::move(sent.error()));
    }
    co_return reply;
  }

  /// Until [DONE] or the end of the body.
  awaitable<Result<void>> read_stream(net::HttpExchange& exchange) {
    std::vector<wire::sse::Event> events;
    while (!done_) {
      const Result<std::string_view> piece = co_await next_piece(exchange);
      if (!piece) co_return fail(piece.error());
      const bool ended = piece->empty();
      events.clear();
      Result<void> taken;
      if (ended)
        parser_.finish(events);
      else
        taken = parser_.feed(*piece, events);
      // Events before the one that is too large still count.
      Result<void> noted = co_await take(events);
      if (!noted) co_return noted;
      if (!taken) co_return taken;
      if (ended) break;
    }
    co_return Result<void>{};
  }

  awaitable<Result<std::string_view>> next_piece(net::HttpExchange& exchange) {
    if (first_output_) co_return co_await exchange.read_body(*first_output_);
    CallScope idle(scope_, context_.config.idle_timeout, "idle");
    co_return co_await exchange.read_body(idle);
  }

  awaitable<Result<void>> take(const std::vector<wire::sse::Event>& events) {
    for (const wire::sse::Event& event : events) {
      if (event.data.rfind("[DONE]", 0) == 0) {
        done_ = true;
        break;
      }
      if (event.name == "error") co_return fail(invalid("error event in the stream"));
      Result<ChatDelta> delta = wire::openai::parse_chunk(event.data);
      if (!delta) co_return fail(delta.error());
      repair_.apply(*delta);
      note(*delta);
      Result<void> sent = co_await relay(*delta);
      if (!sent) co_return sent;
    }
    co_return Result<void>{};
  }

  void note(const ChatDelta& delta) {
    accumulator_.add(delta);
    if (delta.usage) consumption_.reported = delta.usage;
    if (!delta.id.empty()) result_.record.upstream_id = delta.id;
    const std::size_t bytes = output_bytes_of(delta);
    consumption_.output_bytes += bytes;
    if (bytes == 0 || result_.record.first_token) return;
    result_.record.first_token = outer_.now() - begun_;
    first_output_.reset();
  }

  awaitable<Result<void>> relay(const ChatDelta& delta) {
    if (delta.choices.empty()) co_return Result<void>{};  // usage is the ledger's business
    held_.push_back(delta);
    const bool hold = !result_.relayed && !delta.commits() && held_.size() < kMaxHeldDeltas;
    if (hold) co_return Result<void>{};
    // Also when the write fails: a part of it may be on its way.
    result_.relayed = true;
    for (const ChatDelta& ready : held_) {
      Result<void> sent = co_await live_->write(ready, scope_);
      if (!sent) {
        sink_failed_ = true;
        co_return sent;
      }
    }
    held_.clear();
    co_return Result<void>{};
  }

  /// What a failed stream means, seen from the client.
  Result<ChatReply> judge_broken(Error cause) {
    if (outer_.ended()) return fail(outer_.error());
    if (sink_failed_) return fail(std::move(cause));
    // Every choice had been finished: only the usage or the end mark is missing.
    if (accumulator_.finished() && repair_.complete() && accumulator_.reply().has_answer()) return accumulator_.reply();
    if (!result_.relayed) return fail(std::move(cause));
    return fail(ErrorKind::stream_interrupted, "The model's answer broke off.", cause.describe());
  }

  const AttemptContext& context_;
  const ModelCall& call_;
  CallScope& outer_;
  CallScope scope_;
  DeltaSink* live_;
  StreamRepair repair_;
  const TimePoint begun_;
  AttemptResult result_;
  Consumption consumption_;

  std::optional<CallScope> first_output_;  // until the first output of a stream has come
  wire::sse::Parser parser_;
  ReplyAccumulator accumulator_;
  std::vector<ChatDelta> held_;
  bool done_ = false;
  bool sink_failed_ = false;
};

}  // namespace

awaitable<AttemptResult> run_attempt(const AttemptContext& context, const ModelCall& call, CallScope& scope, DeltaSink* live) {
  Attempt attempt(context, call, scope, live);
  co_return co_await attempt.run();
}

}  // namespace xrouter::upstream
