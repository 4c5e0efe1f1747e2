// Who may call one upstream now: a cap on calls in flight and a circuit breaker. Waiting times and dead
// keys are kept per key (keys.hpp). Pure: the time is an argument. One per upstream and worker.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <utility>

#include "xrouter/base/clock.hpp"
#include "xrouter/base/result.hpp"

namespace xrouter::upstream {

enum class GateState { closed, open, half_open };

struct GateOptions {
  int consecutive_failures = 5;  ///< opens the breaker; 0 = never
  Duration open_for = std::chrono::seconds(10);
  int max_in_flight = 256;
};

/// Readable from any thread, for metrics; each figure is exact, together they may be a moment apart.
struct GateGauges {
  std::atomic<GateState> state{GateState::closed};
  std::atomic<int> in_flight{0};
  std::atomic<std::uint64_t> opened{0};   ///< times the breaker opened
  std::atomic<std::uint64_t> refused{0};  ///< calls turned away, for any reason
};

/// Closed -> open after `consecutive_failures` failures that speak against the upstream itself.
/// Open -> half open when its time is over: then one probe passes.
/// Half open -> closed when the probe was answered, whatever the answer; else open again.
///
/// Failures that count: upstream_unreachable, attempt_timeout, upstream_invalid, stream_interrupted.
/// Answers of the 400 class, refused keys, rate limits, our own deadline and cancellation do not: they say nothing
/// against the upstream. Only a success sets the count back to zero, so that a client sending bad
/// requests cannot hold the breaker of a failing upstream closed.
class UpstreamGate {
 public:
  explicit UpstreamGate(GateOptions options) : options_(options) {}
  UpstreamGate(const UpstreamGate&) = delete;
  UpstreamGate& operator=(const UpstreamGate&) = delete;

  /// The right to make one attempt. Give it back with settle(); destroyed without, it only leaves.
  class Pass {
   public:
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)), probe_(other.probe_) {}
    Pass& operator=(Pass&& other) noexcept {
      std::swap(gate_, other.gate_);
      std::swap(probe_, other.probe_);
      return *this;
    }
    ~Pass();
    /// `failure` null = the attempt succeeded. `now` is when it ended.
    void settle(const Error* failure, TimePoint now);

   private:
    friend class UpstreamGate;
    Pass(UpstreamGate& gate, bool probe) : gate_(&gate), probe_(probe) {}
    UpstreamGate* gate_;
    bool probe_;
  };

  /// Errors: overloaded (cap reached), upstream_unreachable (the breaker is open).
  Result<Pass> admit(TimePoint now);

  const GateGauges& gauges() const { return gauges_; }

 private:
  Result<Pass> refuse(Error error);
  void open(TimePoint until);
  void close();
  void count(const Error* failure, bool probe, TimePoint now);

  GateOptions options_;
  GateGauges gauges_;
  GateState state_ = GateState::closed;
  int failures_ = 0;
  bool probing_ = false;
  TimePoint open_until_{};
};

}  // namespace xrouter::upstream
