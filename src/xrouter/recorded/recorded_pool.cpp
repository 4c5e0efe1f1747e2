#include "xrouter/recorded/recorded_pool.hpp"

#include <algorithm>

#include "xrouter/async/sleep.hpp"

namespace xrouter::recorded {
namespace {

using boost::asio::awaitable;

constexpr std::size_t kPieceBytes = 64;

const std::string& corpus_name_of(const ModelSpec& model) { return model.upstream_model.empty() ? model.id.value : model.upstream_model; }

Result<corpus::RecordedOutcome> look_up(const corpus::Corpus& corpus, const ModelCall& call) {
  auto record = corpus.find(last_user_text(call.request));
  if (!record) return fail(record.error());
  const corpus::RecordedOutcome* outcome = record->find(corpus_name_of(*call.model));
  if (!outcome)
    return fail(ErrorKind::question_not_recorded, "The recorded pool knows this question, but holds no answer of " + call.model->id.value + " to it.");
  return *outcome;
}

ChatReply reply_of(const corpus::RecordedOutcome& outcome) {
  ChatReply reply{.id = {}, .model = outcome.model, .choices = {}, .usage = outcome.usage()};
  Choice choice;
  choice.message.content = outcome.response;
  reply.choices.push_back(std::move(choice));
  return reply;
}

ChatDelta delta_of(const ChatReply& reply, ChoiceDelta choice) {
  ChatDelta delta{.id = reply.id, .model = reply.model, .choices = {}};
  delta.choices.push_back(std::move(choice));
  return delta;
}

// Writes the answer piece by piece; with latency, the pieces share out the time of generation.
awaitable<Result<void>> stream(const ChatReply& reply, Duration generation, AttemptRecord& attempt, CallScope& scope, DeltaSink& live) {
  const std::string text = reply.text();
  const std::vector<std::string_view> pieces = pieces_of(text, kPieceBytes);
  const Duration pause = pieces.empty() ? Duration::zero() : generation / static_cast<std::int64_t>(pieces.size());
  bool first = true;
  for (const std::string_view piece : pieces) {
    ChoiceDelta content{.content = std::string(piece)};
    if (first) content.role = Role::assistant;
    const ChatDelta delta = delta_of(reply, std::move(content));
    Result<void> sent = co_await live.write(delta, scope);
    if (!sent) co_return sent;
    if (first) attempt.first_token = scope.clock().wall_now() - attempt.started;
    first = false;
    Result<void> waited;
    if (pause > Duration::zero()) waited = co_await sleep_for(pause, scope);
    if (!waited) co_return waited;
  }
  const ChatDelta last = delta_of(reply, ChoiceDelta{.finish_reason = FinishReason::stop});
  co_return co_await live.write(last, scope);
}

awaitable<Result<void>> wait(Duration duration, CallScope& scope) {
  if (duration <= Duration::zero()) co_return Result<void>();
  co_return co_await sleep_for(duration, scope);
}

}  // namespace

RecordedPool::RecordedPool(std::shared_ptr<const corpus::Corpus> corpus, RecordedPoolOptions options)
    : corpus_(std::move(corpus)), options_(options) {}

awaitable<ModelReply> RecordedPool::call(const ModelCall& call, CallScope& scope, DeltaSink* live) {
  const TimePoint begun = scope.now();
  ModelReply out{.call = call.id};
  AttemptRecord attempt{.model = call.model->id, .price_version = call.model->price.version(), .started = scope.clock().wall_now()};
  attempt.deployment = kRecordedUpstream;
  const Result<corpus::RecordedOutcome> outcome = look_up(*corpus_, call);
  Result<void> done;
  if (scope.ended()) done = fail(scope.error());
  if (done && !outcome) done = fail(outcome.error());
  if (done) {
    ChatReply reply = reply_of(*outcome);
    Duration generation = Duration::zero();
    if (options_.replay_latency) {
      generation = std::chrono::milliseconds(outcome->out_tok * 1000 / std::max<std::int64_t>(options_.tokens_per_second, 1));
      done = co_await wait(options_.first_token, scope);
    }
    if (done && live) {
      out.relayed = true;
      done = co_await stream(reply, generation, attempt, scope, *live);
    } else if (done) {
      done = co_await wait(generation, scope);
    }
    if (done) out.reply = std::move(reply);
  }
  attempt.latency = scope.now() - begun;
  if (done || out.relayed) {
    // A stream that broke off has been paid in full: the answer was made before it was sent.
    attempt.usage = outcome->usage();
    attempt.usage_source = UsageSource::reported;
    attempt.cost = call.model->price.cost_of(attempt.usage);
    attempt.http_status = 200;
  }
  if (!done) {
    attempt.error = done.error().kind;
    out.reply = fail(done.error());
  }
  out.attempts.push_back(std::move(attempt));
  co_return out;
}

Result<std::vector<OfferedModel>> RecordedPool::narrowed(const ChatRequest& request, const std::vector<OfferedModel>& offered) const {
  const auto is_recorded = [](const OfferedModel& model) { return serves(*model.spec); };
  if (std::none_of(offered.begin(), offered.end(), is_recorded)) return offered;
  const auto record = corpus_->find(last_user_text(request));
  std::vector<OfferedModel> able;
  for (const OfferedModel& model : offered)
    if (!is_recorded(model) || (record && record->find(corpus_name_of(*model.spec)))) able.push_back(model);
  if (!able.empty()) return able;
  if (!record) return fail(record.error());
  return fail(ErrorKind::question_not_recorded, "The recorded pool knows this question, but holds no answer of an offered model to it.");
}

std::vector<std::string_view> pieces_of(std::string_view text, std::size_t piece_bytes) {
  std::vector<std::string_view> pieces;
  const auto continues = [&](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U; };
  while (!text.empty()) {
    std::size_t end = std::min(piece_bytes, text.size());
    const std::size_t blank = end < text.size() ? text.substr(0, end).find_last_of(" \n") : std::string_view::npos;
    if (blank != std::string_view::npos) end = blank + 1;
    while (end < text.size() && continues(end)) ++end;
    pieces.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return pieces;
}

}  // namespace xrouter::recorded
