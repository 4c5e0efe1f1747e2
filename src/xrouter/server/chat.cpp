// POST /v1/chat/completions: from the parsed request to the answer.
#include <boost/asio/co_spawn.hpp>
#include <exception>

#include "xrouter/async/event.hpp"
#include "xrouter/server/answer_stream.hpp"
#include "xrouter/server/exchange.hpp"
#include "xrouter/server/response_headers.hpp"
#include "xrouter/server/routes.hpp"
#include "xrouter/server/stream_count.hpp"
#include "xrouter/service/metadata.hpp"

namespace xrouter::server {
namespace {

using boost::asio::awaitable;
namespace openai = wire::openai;

// Everything of one chat request that its parts share.
struct Conversation {
  Conversation(Exchange& on, service::Plan&& made, const openai::Envelope& identity, bool wants_usage)
      : exchange(on),
        envelope(identity),
        include_usage(wants_usage),
        plan(std::move(made)),
        episode(std::move(plan.spec)),
        watch(on.shared().metrics) {}

  Exchange& exchange;
  openai::Envelope envelope;
  bool include_usage;
  service::Plan plan;  // its spec has moved into the episode
  Episode episode;
  RequestWatch watch;

  RawJson metadata(const Outcome& outcome) const {
    return service::render_metadata(episode, outcome, plan.strategy, exchange.elapsed());
  }
};

// The small set of our own headers; on errors too, because money may have been spent.
void add_route_headers(const Conversation& chat, const Outcome& outcome, net::Headers& headers) {
  const ModelId model = service::model_of_answer(chat.episode, outcome);
  if (!model.empty()) headers.add(std::string(header::kModel), model.value);
  const std::optional<Usd> cost = chat.episode.ledger().total().total();
  headers.add(std::string(header::kCost), cost ? cost->to_decimal() : "unknown");
  headers.add(std::string(header::kTurns), std::to_string(outcome.turns_used));
  headers.add(std::string(header::kCalls), std::to_string(chat.watch.calls()));
  const Duration overhead = std::max(Duration::zero(), chat.exchange.elapsed() - chat.watch.upstream_wait());
  headers.add(std::string(header::kOverhead), std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(overhead).count()));
}

bool anything_spent(const Ledger& ledger) {
  const Cost total = ledger.total();
  return total.known > Usd::zero() || !total.complete;
}

awaitable<Outcome> run_episode(Conversation& chat, CallScope& scope, DeltaSink* live) {
  Exchange& exchange = chat.exchange;
  std::unique_ptr<EpisodeObserver> record;
  std::vector<EpisodeObserver*> observers{&chat.watch};
  if (exchange.shared().book) {
    const service::RequestFacts facts{.id = exchange.id(),
                                      .model = chat.envelope.model,
                                      .strategy = chat.plan.strategy,
                                      .config_hash = exchange.config().hash,
                                      .key_fingerprint = exchange.key_fingerprint};
    record = exchange.shared().book->open(facts);
    observers.push_back(record.get());
  }
  ObserverList all(std::move(observers));
  Outcome outcome = co_await service::run(chat.plan, chat.episode, exchange.backends(), all, scope, &exchange.shared().affinity, live);
  exchange.paid = anything_spent(chat.episode.ledger());
  exchange.shared().metrics.episode(chat.episode, outcome, exchange.elapsed(), chat.watch.upstream_wait());
  co_return outcome;
}

awaitable<Result<void>> answer_at_once(Conversation& chat, CallScope& scope) {
  const Outcome outcome = co_await run_episode(chat, scope, nullptr);
  if (!outcome.answer) {
    add_route_headers(chat, outcome, chat.exchange.error_headers);
    co_return fail(*outcome.error);
  }
  if (chat.exchange.connection().ended()) co_return fail(chat.exchange.connection().error());
  std::string body = openai::render_chat_reply(*outcome.answer, chat.envelope, chat.episode.ledger().usage(), chat.metadata(outcome));
  net::Headers headers;
  headers.add("content-type", "application/json");
  add_route_headers(chat, outcome, headers);
  co_return co_await chat.exchange.send(200, std::move(headers), std::move(body));
}

awaitable<Result<void>> finish_stream(Conversation& chat, AnswerStream& stream, const Outcome& outcome) {
  if (!outcome.answer) {
    add_route_headers(chat, outcome, chat.exchange.error_headers);
    co_return co_await stream.fail_with(*outcome.error);
  }
  if (stream.committed() && !outcome.relayed) {
    // The client holds the beginning of one answer, and another one was chosen: it must not be mixed.
    Error mixed{.kind = ErrorKind::stream_interrupted, .public_text = "The answer was cut off by a failure of the model."};
    co_return co_await stream.fail_with(std::move(mixed));
  }
  const RawJson metadata = chat.include_usage ? chat.metadata(outcome) : RawJson{};
  co_return co_await stream.finish(*outcome.answer, chat.episode.ledger().usage(), metadata);
}

awaitable<Result<void>> answer_as_stream(Conversation& chat, CallScope& scope) {
  const std::int64_t choices = chat.episode.spec().request.sampling.n.value_or(1);
  const StreamCount counted(chat.exchange.shared().metrics);
  // Only what is known by now; cost and counts follow in the usage chunk.
  const auto answer_headers = [&watch = chat.watch](net::Headers& headers) {
    if (!watch.latest_model().empty()) headers.add(std::string(header::kModel), watch.latest_model().value);
  };
  AnswerStream stream(chat.exchange, answer_headers, chat.envelope, chat.include_usage, choices);
  CallScope ticking(chat.exchange.connection(), std::nullopt, "keep-alive");
  Event ticked(scope.executor());
  boost::asio::co_spawn(scope.executor(), stream.keep_alive(ticking), [&ticked](std::exception_ptr) { ticked.set(); });
  // The ticker refers to this frame, so it is joined on every way out.
  std::exception_ptr failure;
  Outcome outcome;
  try {
    outcome = co_await run_episode(chat, scope, &stream);
  } catch (...) {
    failure = std::current_exception();
  }
  ticking.cancel();
  co_await ticked.wait();
  if (failure) std::rethrow_exception(failure);
  if (chat.exchange.connection().ended()) co_return fail(chat.exchange.connection().error());
  co_return co_await finish_stream(chat, stream, outcome);
}

}  // namespace

awaitable<Result<void>> chat_completions(Exchange& exchange) {
  ChatRequest request = std::move(*exchange.chat);
  const bool stream = request.stream;
  const bool include_usage = request.include_usage;
  const openai::Envelope envelope{
      .id = exchange.id().value,
      .created = std::chrono::duration_cast<std::chrono::seconds>(exchange.connection().clock().wall_now().time_since_epoch()).count(),
      .model = request.model};
  exchange.hints.caller = exchange.key_fingerprint;
  auto plan = exchange.snapshot().planner.plan(std::move(request), exchange.hints);
  if (!plan) co_return fail(plan.error());

  // Counted from the request's arrival, so that the client's own limit is kept.
  const Duration time_left = plan->spec.limits.deadline - exchange.elapsed();
  CallScope scope(exchange.connection(), time_left, exchange.id().value, ErrorKind::deadline_exceeded);
  Conversation chat(exchange, std::move(*plan), envelope, include_usage);
  if (stream) co_return co_await answer_as_stream(chat, scope);
  co_return co_await answer_at_once(chat, scope);
}

}  // namespace xrouter::server
