// POST /v1/chat/completions: from the parsed request to the answer.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <exception>

#include "xrouter/host/application.hpp"
#include "xrouter/host/choice_writer.hpp"
#include "xrouter/host/generations.hpp"
#include "xrouter/host/reply_plan.hpp"
#include "xrouter/server/answer_stream.hpp"
#include "xrouter/server/stream_count.hpp"

namespace xrouter::host {
namespace {

using boost::asio::awaitable;
namespace openai = wire::openai;

/// Everything of one chat request that its parts share.
class Answer {
 public:
  Answer(Exchange& exchange, const ReplyPlan& plan, Generations& generations) : exchange_(exchange), generations_(generations) {
    // Some clients' stores take ids of 40 characters at most.
    constexpr std::size_t kIdDigits = 24;
    const std::string& request = exchange.id().value;
    const std::string prefix = "call_" + request.substr(request.size() - std::min(request.size(), kIdDigits)) + "_";
    for (std::size_t i = 0; i < plan.generations.size(); ++i) {
      ChoiceStyle style{.calls = plan.calls,
                        .logprobs = plan.logprobs,
                        .top_logprobs = plan.generations[i].sampling.top_logprobs,
                        .call_prefix = prefix + (i == 0 ? "" : std::to_string(i) + "_")};
      choices_.emplace_back(static_cast<std::int64_t>(i), exchange.shared().model, std::move(style));
    }
  }

  bool finished() const { return generations_.running() == 0; }
  std::size_t choices() const { return choices_.size(); }

  /// Waits for the next tokens; what they mean for the client, in order. Errors: those of the generator, the scope's.
  awaitable<Result<std::vector<ChatDelta>>> next() {
    auto arrivals = co_await generations_.next();
    if (!arrivals) co_return fail(arrivals.error());
    std::vector<ChatDelta> deltas;
    for (const Arrival& arrival : *arrivals) {
      if (auto delta = choices_[arrival.generation].add(arrival.tokens)) deltas.push_back(std::move(*delta));
      if (!arrival.end) continue;
      if (!*arrival.end) co_return fail(arrival.end->error());
      count(**arrival.end);
      deltas.push_back(choices_[arrival.generation].finish(**arrival.end));
    }
    for (const ChatDelta& delta : deltas) so_far_.add(delta);
    co_return deltas;
  }

  ChatReply reply() const { return so_far_.reply(); }
  const Usage& usage() const { return usage_; }

 private:
  // The prompt is read once, however many choices are asked for.
  void count(const lm::Generation& generation) {
    exchange_.shared().metrics.generation(generation);
    usage_.prompt_tokens = generation.prompt_tokens;
    if (!counted_any_) usage_.cached_tokens = generation.cached_tokens;
    usage_.cached_tokens = std::min<std::int64_t>(usage_.cached_tokens, generation.cached_tokens);
    usage_.completion_tokens += static_cast<std::int64_t>(generation.tokens.size());
    counted_any_ = true;
  }

  Exchange& exchange_;
  Generations& generations_;
  std::vector<ChoiceWriter> choices_;
  ReplyAccumulator so_far_;
  Usage usage_;
  bool counted_any_ = false;
};

awaitable<Result<void>> answer_at_once(Exchange& exchange, Answer& answer, const openai::Envelope& envelope) {
  while (!answer.finished()) {
    const auto deltas = co_await answer.next();
    if (!deltas) co_return fail(deltas.error());
  }
  std::string body = openai::render_chat_reply(answer.reply(), envelope, answer.usage(), {});
  co_return co_await exchange.send_json(std::move(body));
}

// The role in a chunk of its own, as everybody sends it: npm openai 6 counts the log-probs of the first chunk twice.
ChatDelta opening(std::size_t choices) {
  ChatDelta delta;
  for (std::size_t i = 0; i < choices; ++i) {
    ChoiceDelta choice{.index = static_cast<std::int64_t>(i)};
    choice.role = Role::assistant;
    delta.choices.push_back(std::move(choice));
  }
  return delta;
}

awaitable<Result<void>> write_all(Answer& answer, server::AnswerStream& stream, CallScope& scope) {
  const ChatDelta roles = opening(answer.choices());
  const auto opened = co_await stream.write(roles, scope);  // held back until there is something to say
  if (!opened) co_return opened;
  while (!answer.finished()) {
    const auto deltas = co_await answer.next();
    if (!deltas) co_return fail(deltas.error());
    for (const ChatDelta& delta : *deltas) {
      const auto written = co_await stream.write(delta, scope);
      if (!written) co_return written;
    }
  }
  co_return Result<void>();
}

awaitable<Result<void>> answer_as_stream(Exchange& exchange, Answer& answer, server::AnswerStream& stream, CallScope& scope) {
  const server::StreamCount counted(exchange.shared().metrics);
  CallScope ticking(exchange.connection(), std::nullopt, "keep-alive");
  Event ticked(scope.executor());
  boost::asio::co_spawn(scope.executor(), stream.keep_alive(ticking), [&ticked](std::exception_ptr) { ticked.set(); });
  // The ticker refers to this frame, so it is joined on every way out.
  std::exception_ptr failure;
  Result<void> written;
  try {
    written = co_await write_all(answer, stream, scope);
  } catch (...) {
    failure = std::current_exception();
  }
  ticking.cancel();
  co_await ticked.wait();
  if (failure) std::rethrow_exception(failure);
  if (exchange.connection().ended()) co_return fail(exchange.connection().error());
  if (!written) co_return co_await stream.fail_with(written.error());
  const ChatReply reply = answer.reply();
  const RawJson no_metadata;
  co_return co_await stream.finish(reply, answer.usage(), no_metadata);
}

openai::Envelope envelope_of(Exchange& exchange) {
  const auto now = exchange.connection().clock().wall_now().time_since_epoch();
  return {.id = exchange.id().value,
          .created = std::chrono::duration_cast<std::chrono::seconds>(now).count(),
          .model = exchange.shared().model.name};
}

}  // namespace

awaitable<Result<void>> chat_completions(Exchange& exchange) {
  const auto request = openai::parse_chat_request(exchange.request().body);
  if (!request) co_return fail(request.error());
  WorkerContext& worker = exchange.worker();
  const Shared& shared = exchange.shared();
  auto plan = plan_reply(*request, shared.model, shared.rules, worker.grammars, worker.rng);
  if (!plan) co_return fail(plan.error());

  CallScope scope(exchange.connection(), std::nullopt, exchange.id().value, ErrorKind::deadline_exceeded);
  Generations generations(*shared.model.generator, scope);
  Answer answer(exchange, *plan, generations);
  if (const auto started = generations.start(std::move(plan->generations)); !started) co_return fail(started.error());
  const openai::Envelope envelope = envelope_of(exchange);
  if (!request->stream) co_return co_await answer_at_once(exchange, answer, envelope);
  server::AnswerStream stream(exchange, {}, envelope, request->include_usage, request->sampling.n.value_or(1));
  co_return co_await answer_as_stream(exchange, answer, stream, scope);
}

}  // namespace xrouter::host
