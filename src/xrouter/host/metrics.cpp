#include "xrouter/host/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <mutex>

namespace xrouter::host {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using Buckets = Histogram::BucketBoundaries;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

Buckets doubling(double from, double to) {
  Buckets buckets;
  for (double bound = from; bound < to; bound *= 2) buckets.push_back(bound);
  return buckets;
}

std::string_view label_of(lm::StopCause cause) {
  switch (cause) {
    case lm::StopCause::end_token:
      return "end_token";
    case lm::StopCause::stop_text:
      return "stop_text";
    case lm::StopCause::max_tokens:
      return "max_tokens";
    case lm::StopCause::context_full:
      return "context_full";
    case lm::StopCause::cancelled:
      return "cancelled";
  }
  return "other";
}

// The generator counts by itself; a counter follows it.
void follow(Counter& counter, std::uint64_t value) { counter.Increment(std::max(0.0, static_cast<double>(value) - counter.Value())); }

}  // namespace

struct Metrics::Families {
  explicit Families(const lm::Generator& from) : generator(from) {}

  const lm::Generator& generator;
  prometheus::Registry registry;
  std::mutex rendering;

  Family<Counter>& requests = counter("requests_total", "Requests answered, by route and status");
  Family<Histogram>& request_seconds = histogram("request_seconds", "From the head of a request to the last byte of its answer");
  Family<Counter>& generations = counter("generations_total", "Replies that were generated, by what ended them");
  Histogram& queued = histogram("queue_seconds", "From submission to admission into the batch").Add({}, doubling(1e-4, 100));
  Histogram& first_token = histogram("time_to_first_token_seconds", "From admission to the first token").Add({}, doubling(1e-3, 100));
  Histogram& per_token =
      histogram("time_per_token_seconds", "Mean time of the tokens of a reply behind the first").Add({}, doubling(1e-4, 10));
  Gauge& streams = gauge("inflight_streams", "Streams under way");
  Gauge& running = gauge("running", "Replies being generated");
  Gauge& waiting = gauge("waiting", "Requests in the queue");
  Gauge& prefix_cache = gauge("prefix_cache_bytes", "Keys and values kept for prompts that may come again");
  Family<Counter>& tokens =
      counter("tokens_total", "Tokens: prompt (cached ones included), cached, generated (forced ones included), forced");
  Counter& refused = counter("refused_total", "Requests refused because the queue was full").Add({});
  Counter& passes = counter("passes_total", "Forward passes of the model").Add({});

 private:
  static std::string name(std::string_view rest) { return "xrouter_host_" + std::string(rest); }
  Family<Counter>& counter(std::string_view rest, const char* help) {
    return prometheus::BuildCounter().Name(name(rest)).Help(help).Register(registry);
  }
  Family<Histogram>& histogram(std::string_view rest, const char* help) {
    return prometheus::BuildHistogram().Name(name(rest)).Help(help).Register(registry);
  }
  Gauge& gauge(std::string_view rest, const char* help) {
    return prometheus::BuildGauge().Name(name(rest)).Help(help).Register(registry).Add({});
  }
};

Metrics::Metrics(const lm::Generator& generator) : families_(std::make_unique<Families>(generator)) {}
Metrics::~Metrics() = default;

void Metrics::request(std::string_view route, int status, Duration took) {
  families_->requests.Add({{"route", std::string(route)}, {"status", std::to_string(status)}}).Increment();
  families_->request_seconds.Add({{"route", std::string(route)}}, doubling(1e-3, 200)).Observe(seconds(took));
}

void Metrics::generation(const lm::Generation& generation) {
  families_->generations.Add({{"cause", std::string(label_of(generation.cause))}}).Increment();
  families_->queued.Observe(seconds(generation.queued));
  if (generation.tokens.empty()) return;
  families_->first_token.Observe(seconds(generation.time_to_first));
  if (generation.tokens.size() < 2) return;
  const Duration rest = std::max(Duration::zero(), generation.total - generation.queued - generation.time_to_first);
  families_->per_token.Observe(seconds(rest) / static_cast<double>(generation.tokens.size() - 1));
}

void Metrics::streams(int change) { families_->streams.Increment(change); }

std::string Metrics::render() {
  Families& all = *families_;
  const std::lock_guard hold(all.rendering);  // or two renders would add the same difference
  const lm::GeneratorStats stats = all.generator.stats();
  all.running.Set(stats.running);
  all.waiting.Set(stats.waiting);
  all.prefix_cache.Set(static_cast<double>(stats.prefix_cache_bytes));
  follow(all.tokens.Add({{"kind", "prompt"}}), stats.prompt_tokens);
  follow(all.tokens.Add({{"kind", "cached"}}), stats.cached_tokens);
  follow(all.tokens.Add({{"kind", "generated"}}), stats.generated_tokens);
  follow(all.tokens.Add({{"kind", "forced"}}), stats.forced_tokens);
  follow(all.refused, stats.refused);
  follow(all.passes, stats.passes);
  return prometheus::TextSerializer().Serialize(all.registry.Collect());
}

}  // namespace xrouter::host
