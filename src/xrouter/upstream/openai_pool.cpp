#include "xrouter/upstream/openai_pool.hpp"

#include "xrouter/async/sleep.hpp"
#include "xrouter/base/log.hpp"

namespace xrouter::upstream {
namespace {

using boost::asio::awaitable;

net::HttpClientOptions client_options(const config::UpstreamConfig& config) {
  net::HttpClientOptions options;
  options.connect_timeout = config.connect_timeout;
  options.max_body_bytes = config.max_response_bytes;
  return options;
}

GateOptions gate_options(const PoolOptions& options) {
  return {.consecutive_failures = options.breaker.consecutive_failures,
          .open_for = options.breaker.open_for,
          .max_in_flight = options.upstream.max_in_flight};
}

// The caller sees the last failure only, so each one is written down where it happens.
void log_failure(const CallScope& scope, const Error& error) {
  if (error.kind == ErrorKind::cancelled) return;
  log::warn(scope.name(), std::string(label_of(error.kind)) + ": " + error.describe());
}

}  // namespace

Result<std::unique_ptr<OpenAiPool>> OpenAiPool::create(PoolOptions options, net::Connector& connector, Rng rng) {
  Result<Endpoint> endpoint = parse_endpoint(options.upstream);
  if (!endpoint) return fail(endpoint.error());
  return std::unique_ptr<OpenAiPool>(new OpenAiPool(std::move(options), std::move(*endpoint), connector, rng));
}

OpenAiPool::OpenAiPool(PoolOptions options, Endpoint endpoint, net::Connector& connector, Rng rng)
    : options_(std::move(options)),
      endpoint_(std::move(endpoint)),
      user_agent_("xrouter/" + options_.version),
      http_(connector, client_options(options_.upstream)),
      gate_(gate_options(options_)),
      retry_(options_.retry),
      rng_(rng) {}

awaitable<ModelReply> OpenAiPool::call(const ModelCall& call, CallScope& scope, DeltaSink* live) {
  ModelReply out{.call = call.id};
  Tries tries{.allowed = call.max_attempts};
  if (scope.ended()) {
    out.reply = fail(scope.error());
    co_return out;
  }
  for (;;) {
    CallScope attempt_scope(scope, std::nullopt, "a" + std::to_string(++tries.made));
    Result<UpstreamGate::Pass> pass = gate_.admit(scope.now());
    if (pass) {
      AttemptResult result = co_await attempt(call, std::move(*pass), attempt_scope, live);
      out.attempts.push_back(std::move(result.record));
      out.relayed = result.relayed;
      out.reply = std::move(result.reply);
    } else {
      out.reply = fail(pass.error());
    }
    if (out.reply) co_return out;
    const Error& error = out.reply.error();
    log_failure(attempt_scope, error);
    // Waiting pays for a rate limit only; behind an open breaker nothing will have changed.
    if (scope.ended() || (!pass && error.kind != ErrorKind::upstream_rate_limited)) co_return out;
    tries.relayed = out.relayed;
    tries.remaining = scope.remaining();
    if (traits_of(error.kind).retry == RetryClass::once) ++tries.upstream_faults;
    const RetryDecision decision = retry_.next(error, tries, rng_);
    if (!decision.again) co_return out;
    const Result<void> waited = co_await sleep_for(decision.wait, scope);
    if (!waited) {
      out.reply = fail(waited.error());
      co_return out;
    }
  }
}

awaitable<AttemptResult> OpenAiPool::attempt(const ModelCall& call, UpstreamGate::Pass pass, CallScope& scope, DeltaSink* live) {
  const AttemptContext context{
      .config = options_.upstream, .endpoint = endpoint_, .http = http_, .user_agent = user_agent_, .estimator = options_.estimator};
  AttemptResult result = co_await run_attempt(context, call, scope, live);
  pass.settle(result.reply ? nullptr : &result.reply.error(), scope.now());
  co_return result;
}

}  // namespace xrouter::upstream
