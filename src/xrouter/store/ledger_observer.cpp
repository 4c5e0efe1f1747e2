#include "xrouter/store/ledger_observer.hpp"

#include <algorithm>
#include <utility>

#include "xrouter/base/rng.hpp"

namespace xrouter::store {
namespace {

std::string hex(std::uint64_t value) {
  std::string digits(16, '0');
  for (std::size_t i = digits.size(); i-- > 0; value >>= 4) digits[i] = "0123456789abcdef"[value & 15];
  return digits;
}

PoolRecord pool_of(const EpisodeSpec& spec) {
  PoolRecord pool;
  std::uint64_t print = fnv1a64("pool");
  for (const OfferedModel& offered : spec.offered) {
    const ModelSpec& model = *offered.spec;
    pool.offers.push_back({.model = model.id,
                           .tier = std::string(to_text(model.tier)),
                           .input = model.price.input,
                           .output = model.price.output,
                           .price_version = model.price.version()});
  }
  for (const PoolRecord::Offer& offer : pool.offers) {
    for (std::string_view text : {std::string_view(offer.model.value), std::string_view(offer.tier), std::string_view(offer.price_version)})
      print = fnv1a64("\n", fnv1a64(text, print));
    for (const auto& amount : {offer.input, offer.output}) print = fnv1a64(amount ? std::to_string(amount->pico()) + "," : "?,", print);
  }
  pool.pool = hex(print);
  return pool;
}

ModelId model_of(const Transcript& transcript, const CallId& call) {
  for (const Turn& turn : transcript.turns)
    for (const CallRecord& record : turn.calls)
      if (!call.empty() && record.id == call && record.model != nullptr) return record.model->id;
  return ModelId();
}

Duration latency_of(const std::vector<AttemptRecord>& attempts) {
  Duration sum = Duration::zero();
  for (const AttemptRecord& attempt : attempts) sum += attempt.latency;
  return sum;
}

}  // namespace

LedgerObserver::LedgerObserver(LedgerStore& store, const Clock& clock, RequestFacts facts) : store_(store), clock_(clock), facts_(std::move(facts)) {}

LedgerObserver::~LedgerObserver() {
  if (!started_ || finished_) return;
  hold(AbandonedRecord{.request = facts_.request});
  write();
}

void LedgerObserver::on(const EpisodeEvent& event) {
  std::visit([this](const auto& fact) { on_event(fact); }, event);
}

void LedgerObserver::on_event(const EpisodeStarted& event) {
  started_ = true;
  begin_ = clock_.now();
  PoolRecord pool = pool_of(event.spec);
  const std::string pool_name = pool.pool;
  if (store_.first_sight_of(pool_name)) {
    hold(std::move(pool));
    write();  // others refer to it from now on
  }
  hold(StartedRecord{.request = facts_.request,
                     .at = clock_.wall_now(),
                     .model = facts_.model,
                     .mode = std::string(to_text(event.spec.mode)),
                     .policy = facts_.policy,
                     .policy_bills = facts_.policy_bills,
                     .cost_weight = event.spec.cost_weight,
                     .max_cost = event.spec.limits.max_cost,
                     .config_hash = facts_.config_hash,
                     .api_key = facts_.api_key,
                     .stream = event.spec.request.stream,
                     .pool = pool_name});
}

void LedgerObserver::on_event(const TurnStarted& event) {
  const ModelSpec* router = event.prompt.spec.router;
  if (router && facts_.decision_bound)
    hold(TurnReservedRecord{.request = facts_.request,
                            .turn = event.prompt.turn,
                            .model = router->id,
                            .at = clock_.wall_now(),
                            .amount = facts_.decision_bound(event.prompt),
                            .price_version = router->price.version()});
  if (!facts_.decides_at_once) write();
}

void LedgerObserver::on_event(const PolicyReplied& event) {
  // Deciding inside this process is our own overhead; only its upstream attempts are waiting.
  waited_ += std::min(event.latency, latency_of(event.reply.attempts));
  hold(TurnRecord{.request = facts_.request,
                  .turn = event.turn,
                  .error = event.reply.error ? std::optional(event.reply.error->kind) : std::nullopt,
                  .tool_calls = static_cast<int>(event.reply.tool_calls.size()),
                  .committed = commits(event.reply),
                  .confidence = event.reply.confidence,
                  .latency = event.latency,
                  .attempts = event.reply.attempts});
}

void LedgerObserver::on_event(const CallStarted& event) {
  if (calls_in_flight_.empty()) waiting_since_ = clock_.now();
  calls_in_flight_.emplace(event.call.id, clock_.now());
  hold(ReservedRecord{.request = facts_.request,
                      .call = event.call.id,
                      .turn = event.call.turn,
                      .model = event.call.model->id,
                      .at = clock_.wall_now(),
                      .amount = event.call.reserved,
                      .price_version = event.call.model->price.version()});
  write();
}

void LedgerObserver::on_event(const CallFinished& event) {
  const auto begun = calls_in_flight_.find(event.call.id);
  const TimePoint since = begun == calls_in_flight_.end() ? clock_.now() : begun->second;
  if (begun != calls_in_flight_.end()) calls_in_flight_.erase(begun);
  if (calls_in_flight_.empty()) waited_ += clock_.now() - std::max(waiting_since_, begin_);
  hold(SettledRecord{.request = facts_.request,
                     .call = event.call.id,
                     .turn = event.call.turn,
                     .model = event.call.model->id,
                     .error = event.reply.reply ? std::nullopt : std::optional(event.reply.reply.error().kind),
                     .latency = clock_.now() - since,
                     .attempts = event.reply.attempts});
  if (!calls_in_flight_.empty()) write();
}

void LedgerObserver::on_event(const EpisodeFinished& event) {
  finished_ = true;
  const Ledger& ledger = event.episode.ledger();
  const Usage usage = ledger.usage();
  const Duration latency = clock_.now() - begin_;
  hold(FinishedRecord{.request = facts_.request,
                      .at = clock_.wall_now(),
                      .source = std::string(to_text(event.outcome.source)),
                      .stop = std::string(to_text(event.outcome.stop)),
                      .error = event.outcome.error ? std::optional(event.outcome.error->kind) : std::nullopt,
                      .turns = event.outcome.turns_used,
                      .answer_call = event.outcome.answer_call,
                      .answer_model = model_of(event.episode.transcript(), event.outcome.answer_call),
                      .cost = ledger.total(),
                      .router_cost = ledger.total(Spender::router).known,
                      .prompt_tokens = usage.prompt_tokens,
                      .completion_tokens = usage.completion_tokens,
                      .latency = latency,
                      .overhead = std::max(Duration::zero(), latency - waited_)});
  write();
}

// The store counts and logs a refused append, keeps the records and closes accepting().
void LedgerObserver::write() {
  (void)store_.append(held_);
  held_.clear();
}

}  // namespace xrouter::store
