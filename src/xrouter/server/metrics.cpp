#include "xrouter/server/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <fstream>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <sstream>
#include <unordered_map>

#include "xrouter/server/routes.hpp"

namespace xrouter::server {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using Buckets = Histogram::BucketBoundaries;

// Workers report the same name each; the greatest value is the one to worry about.
std::map<std::string, double> worst_of(const std::vector<Metrics::Source>& sources) {
  std::map<std::string, double> worst;
  for (const Metrics::Source& source : sources)
    for (const Metrics::Reading& reading : source()) {
      double& value = worst.try_emplace(reading.name, reading.value).first->second;
      value = std::max(value, reading.value);
    }
  return worst;
}

// The second number of /proc/self/statm is in pages; 0 where there is no such file.
double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double size = 0;
  double resident = 0;
  file >> size >> resident;
  return file ? resident * static_cast<double>(sysconf(_SC_PAGESIZE)) : 0;
}

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// 0.01 doubling to 81.92 s, as the OpenTelemetry conventions recommend, for whole requests.
Buckets duration_buckets() {
  Buckets buckets;
  for (double bound = 0.01; bound < 100; bound *= 2) buckets.push_back(bound);
  return buckets;
}
// Our own share is microseconds to milliseconds.
Buckets overhead_buckets() { return {25e-6, 50e-6, 100e-6, 200e-6, 300e-6, 500e-6, 1e-3, 2e-3, 5e-3, 10e-3, 50e-3, 250e-3, 1.0}; }
Buckets count_buckets() { return {0, 1, 2, 3, 4, 6, 8, 12, 16}; }
Buckets share_buckets() { return {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0}; }

// Finding a series by its labels costs allocations and locks, so each is looked up once, at its first use: a series that
// was never used is not exported. Two threads may look it up at once; they find the same one.
template <class Metric>
class Series {
 public:
  template <class LookUp>
  Metric& get(LookUp look_up) {
    Metric* known = known_.load(std::memory_order_acquire);
    if (known == nullptr) known_.store(known = &look_up(), std::memory_order_release);
    return *known;
  }

 private:
  std::atomic<Metric*> known_{nullptr};
};

template <std::size_t count>
using Counters = std::array<Series<Counter>, count>;

// How a call or an attempt ended: its label, and its place in an array.
struct Ending {
  std::size_t index;
  std::string_view label;
};
constexpr std::size_t kEndingsWithoutKind = 3;
constexpr std::size_t kEndings = kEndingsWithoutKind + static_cast<std::size_t>(kErrorKindCount);

Ending failed_with(ErrorKind kind) { return {kEndingsWithoutKind + static_cast<std::size_t>(kind), label_of(kind)}; }
Ending outcome_of(const AttemptRecord& attempt) { return attempt.error ? failed_with(*attempt.error) : Ending{0, "ok"}; }
Ending outcome_of(const CallRecord& record) {
  if (record.status == CallStatus::ok) return {0, "ok"};
  if (record.status == CallStatus::refused) return {1, "refused"};
  return record.error ? failed_with(*record.error) : Ending{2, "failed"};
}

constexpr std::size_t kAnswerSources = static_cast<std::size_t>(AnswerSource::none) + 1;
constexpr std::size_t kStopReasons = static_cast<std::size_t>(StopReason::calls_failed) + 1;
constexpr int kFirstStatus = 100;
constexpr std::size_t kStatuses = 500;

struct ModelSeries {
  explicit ModelSeries(std::string name) : label(std::move(name)) {}
  std::string label;
  Counters<kEndings> routes;
  Counters<kEndings> attempts;
  Series<Counter> retries;
  Series<Histogram> upstream_seconds;
  Series<Histogram> first_token_seconds;
  Counters<2> cost;  // by Spender
  Series<Counter> input_tokens;
  Series<Counter> output_tokens;
};

struct RouteSeries {
  Series<Histogram> seconds;
  Counters<kStatuses> by_status;  // from kFirstStatus
};

Family<Counter>& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}
Family<Gauge>& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}
Family<Histogram>& histogram(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

}  // namespace

struct Metrics::Families {
  explicit Families(const ModelCatalog& catalog) {
    learn(catalog);
    for (const Route& route : server::routes()) known_routes.try_emplace(route.label);
    known_routes.try_emplace("unknown");
  }
  void learn(const ModelCatalog& catalog) {
    std::unique_lock hold(models_mutex);
    for (const ModelSpec& model : catalog.models()) known_models.try_emplace(model.id.value, model.id.value);
  }
  ModelSeries& of_model(const ModelId& id) {
    std::shared_lock hold(models_mutex);
    const auto known = known_models.find(id.value);
    return known == known_models.end() ? other_model : known->second;
  }

  std::shared_mutex models_mutex;  // guards the map; its elements stay where they are
  std::unordered_map<std::string, ModelSeries> known_models;
  // Complete before the first request; only the series inside change.
  std::unordered_map<std::string_view, RouteSeries> known_routes;
  ModelSeries other_model{"other"};
  std::array<Counters<kStopReasons>, kAnswerSources> answer_series;
  Counters<3> price_read_series;

  std::vector<Source> queue_sources;
  std::vector<Source> breaker_sources;
  prometheus::Registry registry;

  Family<Counter>& requests = counter(registry, "xrouter_requests_total", "Requests answered, by route and HTTP status.");
  Family<Histogram>& request_seconds = histogram(registry, "xrouter_request_seconds", "Time to the last byte of an answer, by route.");
  Histogram& overhead = histogram(registry, "xrouter_overhead_seconds", "Time of a chat request that no upstream is to blame for.").Add({}, overhead_buckets());
  Histogram& turn_overhead =
      histogram(registry, "xrouter_turn_overhead_seconds", "The same, divided by the turns of the request.").Add({}, overhead_buckets());
  Histogram& turns = histogram(registry, "xrouter_turns", "Policy decisions a chat request.").Add({}, count_buckets());
  Histogram& calls = histogram(registry, "xrouter_calls_per_request", "Model calls a chat request.").Add({}, count_buckets());
  Histogram& confidence = histogram(registry, "xrouter_selection_confidence", "The policy's confidence, when it has one.").Add({}, share_buckets());
  Family<Counter>& routes = counter(registry, "xrouter_route_total", "Model calls and how they ended, by model and outcome.");
  Family<Counter>& attempts = counter(registry, "xrouter_attempts_total", "Upstream attempts, by model and outcome.");
  Family<Counter>& retries = counter(registry, "xrouter_retries_total", "Attempts beyond the first of a call or turn, by model.");
  Family<Histogram>& upstream_seconds = histogram(registry, "xrouter_upstream_call_seconds", "Time of one upstream attempt, by model.");
  Family<Histogram>& first_token_seconds = histogram(registry, "xrouter_first_token_seconds", "Time to the first token of a streamed attempt, by model.");
  Family<Counter>& answers = counter(registry, "xrouter_answers_total", "How chat requests ended, by answer source and stop reason.");
  Family<Counter>& cost = counter(registry, "xrouter_cost_pusd_total", "Pico-dollars spent, by spender and model. Exact sums are in the ledger.");
  Family<Counter>& tokens = counter(registry, "xrouter_tokens_total", "Tokens billed, by direction and model.");
  Family<Counter>& price_reads = counter(registry, "xrouter_price_reads_total", "Attempts priced, by outcome: known, estimated, unknown.");
  Counter& cancelled = counter(registry, "xrouter_cancelled_total", "Requests whose client left before the answer.").Add({});
  Counter& client_retries = counter(registry, "xrouter_client_retries_total", "Requests that a client sent again.").Add({});
  Gauge& in_flight = gauge(registry, "xrouter_inflight_requests", "Requests being answered.").Add({});
  Gauge& streams = gauge(registry, "xrouter_inflight_streams", "Streamed answers under way.").Add({});
  Gauge& reserved = gauge(registry, "xrouter_budget_reserved_pusd", "Worst case of the calls under way, in pico-dollars.").Add({});
  Gauge& resident = gauge(registry, "process_resident_memory_bytes", "Resident memory.").Add({});
  Family<Gauge>& queue_depth = gauge(registry, "xrouter_queue_depth", "Entries waiting, by queue.");
  Family<Gauge>& breaker_state = gauge(registry, "xrouter_breaker_state", "0 closed, 1 half open, 2 open; the worst of all workers, by upstream.");

  void count_answer(const Outcome& outcome);
  void count_call(const CallRecord& record);
  void count_attempt(const CostLine& line);
};

void Metrics::Families::count_answer(const Outcome& outcome) {
  Series<Counter>& series = answer_series[static_cast<std::size_t>(outcome.source)][static_cast<std::size_t>(outcome.stop)];
  const auto look_up = [&]() -> Counter& { return answers.Add({{"source", std::string(to_text(outcome.source))}, {"stop", std::string(to_text(outcome.stop))}}); };
  series.get(look_up).Increment();
}

void Metrics::Families::count_call(const CallRecord& record) {
  if (!record.model) return;
  ModelSeries& model = of_model(record.model->id);
  const Ending ended = outcome_of(record);
  const auto look_up = [&]() -> Counter& { return routes.Add({{"model", model.label}, {"outcome", std::string(ended.label)}}); };
  model.routes[ended.index].get(look_up).Increment();
}

void Metrics::Families::count_attempt(const CostLine& line) {
  const AttemptRecord& attempt = line.record;
  ModelSeries& model = of_model(attempt.model);
  const std::string& label = model.label;
  const Ending ended = outcome_of(attempt);
  const std::string spender(to_text(line.spender));
  const auto count = [&]() -> Counter& { return attempts.Add({{"model", label}, {"outcome", std::string(ended.label)}}); };
  const auto retry = [&]() -> Counter& { return retries.Add({{"model", label}}); };
  const auto time = [&]() -> Histogram& { return upstream_seconds.Add({{"model", label}}, duration_buckets()); };
  const auto first_token = [&]() -> Histogram& { return first_token_seconds.Add({{"model", label}}, duration_buckets()); };
  const auto spent = [&]() -> Counter& { return cost.Add({{"spender", spender}, {"model", label}}); };
  const auto input = [&]() -> Counter& { return tokens.Add({{"direction", "input"}, {"model", label}}); };
  const auto output = [&]() -> Counter& { return tokens.Add({{"direction", "output"}, {"model", label}}); };
  model.attempts[ended.index].get(count).Increment();
  if (line.attempt > 1) model.retries.get(retry).Increment();
  model.upstream_seconds.get(time).Observe(seconds(attempt.latency));
  if (attempt.first_token) model.first_token_seconds.get(first_token).Observe(seconds(*attempt.first_token));
  model.cost[static_cast<std::size_t>(line.spender)].get(spent).Increment(static_cast<double>(attempt.cost.known.pico()));
  model.input_tokens.get(input).Increment(static_cast<double>(attempt.usage.prompt_tokens));
  model.output_tokens.get(output).Increment(static_cast<double>(attempt.usage.completion_tokens));

  static constexpr std::array<const char*, 3> kPriced{"known", "estimated", "unknown"};
  const std::size_t priced = !attempt.cost.complete ? 2 : attempt.cost.estimated ? 1 : 0;
  const auto read = [&]() -> Counter& { return price_reads.Add({{"outcome", kPriced[priced]}}); };
  price_read_series[priced].get(read).Increment();
}

void Metrics::learn(const ModelCatalog& catalog) { families_->learn(catalog); }

Metrics::Metrics(const ModelCatalog& catalog) : families_(std::make_unique<Families>(catalog)) {}
Metrics::~Metrics() = default;

void Metrics::request(std::string_view route, int status, Duration took) {
  Families& f = *families_;
  const auto count = [&]() -> Counter& { return f.requests.Add({{"route", std::string(route)}, {"status", std::to_string(status)}}); };
  const auto time = [&]() -> Histogram& { return f.request_seconds.Add({{"route", std::string(route)}}, duration_buckets()); };
  const auto known = f.known_routes.find(route);
  const bool usual = known != f.known_routes.end() && status >= kFirstStatus && status < kFirstStatus + static_cast<int>(kStatuses);
  if (usual) {
    known->second.by_status[static_cast<std::size_t>(status - kFirstStatus)].get(count).Increment();
    known->second.seconds.get(time).Observe(seconds(took));
  } else {
    count().Increment();
    time().Observe(seconds(took));
  }
}

void Metrics::client_retry() { families_->client_retries.Increment(); }
void Metrics::cancelled() { families_->cancelled.Increment(); }
void Metrics::in_flight(int change) { families_->in_flight.Increment(change); }
void Metrics::streams(int change) { families_->streams.Increment(change); }
void Metrics::reserved(Usd change) { families_->reserved.Increment(static_cast<double>(change.pico())); }

void Metrics::episode(const Episode& episode, const Outcome& outcome, Duration took, Duration upstream_wait) {
  Families& f = *families_;
  const Duration overhead = std::max(Duration::zero(), took - upstream_wait);
  f.overhead.Observe(seconds(overhead));
  f.turn_overhead.Observe(seconds(overhead / std::max(1, outcome.turns_used)));
  f.turns.Observe(outcome.turns_used);
  f.calls.Observe(episode.transcript().calls_made());
  f.count_answer(outcome);
  for (const Turn& turn : episode.transcript().turns) {
    if (turn.confidence) f.confidence.Observe(*turn.confidence);
    for (const CallRecord& record : turn.calls) f.count_call(record);
  }
  for (const CostLine& line : episode.ledger().lines()) f.count_attempt(line);
}

void Metrics::on_render_queue_depth(Source source) { families_->queue_sources.push_back(std::move(source)); }
void Metrics::on_render_breaker_state(Source source) { families_->breaker_sources.push_back(std::move(source)); }

std::string Metrics::render() {
  for (const auto& [name, value] : worst_of(families_->queue_sources)) families_->queue_depth.Add({{"queue", name}}).Set(value);
  for (const auto& [name, value] : worst_of(families_->breaker_sources)) families_->breaker_state.Add({{"upstream", name}}).Set(value);
  families_->resident.Set(resident_bytes());
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families_->registry.Collect());
  return out.str();
}

namespace {

Duration wait_of(const CallFinished& event) {
  Duration wait = Duration::zero();
  for (const AttemptRecord& attempt : event.reply.attempts) wait += attempt.latency;
  if (event.reply.attempts.size() < 2) return wait;
  // Between two tries the call waited by the upstream's doing. Their wall times tell how long.
  const AttemptRecord& first = event.reply.attempts.front();
  const AttemptRecord& last = event.reply.attempts.back();
  return std::max(wait, std::chrono::duration_cast<Duration>(last.started - first.started) + last.latency);
}

}  // namespace

// What an episode that broke down has left open.
RequestWatch::~RequestWatch() { metrics_.reserved(-reserved_); }

void RequestWatch::reserve(Usd change) {
  reserved_ += change;
  metrics_.reserved(change);
}

void RequestWatch::on(const EpisodeEvent& event) {
  if (const auto* decision = std::get_if<PolicyReplied>(&event)) {
    ++turns_;
    settled_ += turn_calls_;
    turn_calls_ = Duration::zero();
    for (const AttemptRecord& attempt : decision->reply.attempts) settled_ += attempt.latency;
  } else if (const auto* started = std::get_if<CallStarted>(&event)) {
    ++calls_;
    reserve(started->call.reserved.value_or(Usd::zero()));
    latest_model_ = started->call.model->id;
  } else if (const auto* finished = std::get_if<CallFinished>(&event)) {
    reserve(-finished->call.reserved.value_or(Usd::zero()));
    turn_calls_ = std::max(turn_calls_, wait_of(*finished));
  }
}

}  // namespace xrouter::server
