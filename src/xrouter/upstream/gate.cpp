#include "xrouter/upstream/gate.hpp"

namespace xrouter::upstream {
namespace {

bool speaks_against_upstream(ErrorKind kind) {
  return kind == ErrorKind::upstream_unreachable || kind == ErrorKind::attempt_timeout || kind == ErrorKind::upstream_invalid ||
         kind == ErrorKind::stream_interrupted;
}

// The attempt ended before the upstream could show anything.
bool says_nothing(ErrorKind kind) {
  return kind == ErrorKind::cancelled || kind == ErrorKind::deadline_exceeded || kind == ErrorKind::overloaded;
}

}  // namespace

UpstreamGate::Pass::~Pass() {
  if (!gate_) return;
  --gate_->gauges_.in_flight;
  if (probe_) gate_->probing_ = false;
}

void UpstreamGate::Pass::settle(const Error* failure, TimePoint now) {
  UpstreamGate* gate = std::exchange(gate_, nullptr);
  if (!gate) return;
  --gate->gauges_.in_flight;
  if (probe_) gate->probing_ = false;
  gate->count(failure, probe_, now);
}

Result<UpstreamGate::Pass> UpstreamGate::refuse(Error error) {
  ++gauges_.refused;
  return fail(std::move(error));
}

Result<UpstreamGate::Pass> UpstreamGate::admit(TimePoint now) {
  if (state_ == GateState::open && now >= open_until_) gauges_.state = state_ = GateState::half_open;
  if (state_ == GateState::open || (state_ == GateState::half_open && probing_))
    return refuse({.kind = ErrorKind::upstream_unreachable, .public_text = "The upstream is not available.", .internal_text = "breaker is open"});
  if (gauges_.in_flight >= options_.max_in_flight)
    return refuse({.kind = ErrorKind::overloaded,
                   .public_text = "Too many calls of this model are under way.",
                   .internal_text = "upstream max_in_flight reached"});
  const bool probe = state_ == GateState::half_open;
  probing_ = probe;
  ++gauges_.in_flight;
  return Pass(*this, probe);
}

void UpstreamGate::open(TimePoint until) {
  if (state_ != GateState::open) ++gauges_.opened;
  gauges_.state = state_ = GateState::open;
  open_until_ = until;
}

void UpstreamGate::close() {
  gauges_.state = state_ = GateState::closed;
  failures_ = 0;
}

void UpstreamGate::count(const Error* failure, bool probe, TimePoint now) {
  if (!failure) {
    failures_ = 0;
    if (probe) close();
    return;
  }
  if (says_nothing(failure->kind)) return;
  if (!speaks_against_upstream(failure->kind)) {
    if (probe) close();
    return;
  }
  ++failures_;
  const bool enough = options_.consecutive_failures > 0 && failures_ >= options_.consecutive_failures;
  if (probe || (state_ == GateState::closed && enough)) open(now + options_.open_for);
}

}  // namespace xrouter::upstream
