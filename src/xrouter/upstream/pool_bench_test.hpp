// For tests: one pool in front of one scripted upstream, on a fake clock.
#pragma once

#include <memory>

#include "xrouter/async/join.hpp"
#include "xrouter/base/assert.hpp"
#include "xrouter/testing/scripted.hpp"
#include "xrouter/upstream/meter.hpp"
#include "xrouter/upstream/openai_pool.hpp"
#include "xrouter/upstream/scripted_upstream_test.hpp"

namespace xrouter::upstream {

/// The pool's options and its one upstream.
struct BenchOptions : PoolOptions {
  config::UpstreamConfig upstream;
};

struct PoolBench {
  using milliseconds = std::chrono::milliseconds;
  static inline const net::Origin kOrigin{false, "up.example", 80};

  World world;
  ScriptedUpstream upstream{world, kOrigin};
  ModelSpec model;
  BenchOptions options;
  CollectingSink sink;
  std::unique_ptr<OpenAiPool> pool;
  Duration deadline = std::chrono::seconds(300);
  std::optional<Duration> cancel_after;  ///< the client leaves then
  int attempts = 3;

  PoolBench() {
    model.id = ModelId("m");
    model.upstream = "up";
    model.upstream_model = "vendor-m";
    model.price = {.input = Usd::from_pico(1'000'000), .output = Usd::from_pico(3'000'000), .source = "list", .date = "2026-01-01"};
    options.upstream = {.name = "up", .base_url = "http://up.example/v1", .api_keys = {Secret("k-1")}};
    options.upstream.attempt_timeout = milliseconds(60'000);
    options.upstream.first_token_timeout = milliseconds(20'000);
    options.upstream.idle_timeout = milliseconds(5'000);
    options.retry = {
        .max_attempts = 99, .backoff_base = milliseconds(200), .backoff_cap = milliseconds(1'000), .max_retry_after = milliseconds(20'000)};
    options.breaker = {.consecutive_failures = 5, .open_for = milliseconds(10'000)};
    options.version = "9.9";
  }

  static ModelCall call_for(const ModelSpec& model) {
    ModelCall call{.id = CallId("c1"), .turn = 1, .model = &model, .request = {}};
    call.request.messages.push_back({.role = Role::user, .content = std::string("What is 6 times 7?")});
    call.request.sampling.max_output_tokens = 100;
    return call;
  }

  void make_pool() {
    pool = std::make_unique<OpenAiPool>(options, Rng(7));
    const Result<void> added = pool->add(options.upstream, upstream.network());
    XROUTER_ASSERT(added.has_value(), "the bench's upstream is valid");
  }
  const GateGauges& gauges() const { return pool->upstreams().front()->gauges(); }

  ModelReply call(DeltaSink* live = nullptr) {
    if (!pool) make_pool();
    ModelCall call = call_for(model);
    call.max_attempts = attempts;
    call.depth = 1;
    CallScope scope(world.executor(), world.timers(), Deadline::after(world.now(), deadline), "req");
    std::optional<Timers::Id> leaving;
    if (cancel_after) leaving = world.timers().schedule(world.now() + *cancel_after, [&scope] { scope.cancel(); });
    ModelReply reply = world.run(pool->call(call, scope, live));
    if (leaving) world.timers().cancel(*leaving);
    world.run_ready();
    return reply;
  }
  ModelReply stream() { return call(&sink); }

  std::int64_t prompt_estimate() const { return kBillingRate.prompt_tokens(call_for(model).request); }
  Duration since_start() const { return world.now() - FakeClock::kStart; }
  int in_flight() const { return gauges().in_flight; }
};

inline ErrorKind kind_of(const ModelReply& reply) { return reply.reply ? ErrorKind::internal : reply.reply.error().kind; }

}  // namespace xrouter::upstream
