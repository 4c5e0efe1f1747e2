// For tests: one pool in front of one scripted upstream, on a fake clock.
#pragma once

#include <memory>

#include "xrouter/async/join.hpp"
#include "xrouter/testing/scripted.hpp"
#include "xrouter/upstream/meter.hpp"
#include "xrouter/upstream/openai_pool.hpp"
#include "xrouter/upstream/scripted_upstream_test.hpp"

namespace xrouter::upstream {

struct PoolBench {
  using milliseconds = std::chrono::milliseconds;
  static inline const net::Origin kOrigin{false, "up.example", 80};

  World world;
  ScriptedUpstream upstream{world, kOrigin};
  ModelSpec model;
  PoolOptions options;
  CollectingSink sink;
  std::unique_ptr<OpenAiPool> pool;
  Duration deadline = std::chrono::seconds(300);
  std::optional<Duration> cancel_after;  ///< the client leaves then
  int attempts = 3;

  PoolBench() {
    model.id = ModelId("m");
    model.upstream_model = "vendor-m";
    model.price = {.input = Usd::from_pico(1'000'000), .output = Usd::from_pico(3'000'000), .source = "list", .date = "2026-01-01"};
    options.upstream = {.name = "up", .base_url = "http://up.example/v1", .api_key = Secret("k-1")};
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

  ModelReply call(DeltaSink* live = nullptr) {
    if (!pool) pool = std::move(*OpenAiPool::create(options, upstream.network(), Rng(7)));
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
  int in_flight() const { return pool->gauges().in_flight; }
};

inline ErrorKind kind_of(const ModelReply& reply) { return reply.reply ? ErrorKind::internal : reply.reply.error().kind; }

}  // namespace xrouter::upstream
