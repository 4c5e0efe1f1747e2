// One time limit at a time for a connection, re-armed without touching the timer queue. Internal to net.
#pragma once

#include <functional>
#include <optional>

#include "xrouter/async/timers.hpp"

namespace xrouter::net {

/// A connection changes its limit several times a request (idle, write, idle ...), nearly always to
/// a later point. So the timer stays where it is and looks again when it fires.
class Watchdog {
 public:
  enum class Limit { reading, writing };
  Watchdog(Timers& timers, std::function<void(Limit)> on_expiry) : timers_(timers), on_expiry_(std::move(on_expiry)) {}
  ~Watchdog() { disarm(); }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// Replaces the limit. `on_expiry` runs once when it passes.
  void limit(Limit kind, Duration timeout) {
    kind_ = kind;
    deadline_ = Deadline::after(timers_.clock().now(), timeout);
    expired_ = false;
    if (timer_ && deadline_.when() >= armed_for_) return;
    disarm();
    arm();
  }
  void lift() {
    deadline_ = Deadline::never();
    expired_ = false;
  }
  /// The current limit has passed.
  bool expired() const { return expired_; }

 private:
  void arm() {
    if (deadline_.is_never()) return;
    armed_for_ = deadline_.when();
    timer_ = timers_.schedule(armed_for_, [this] { fire(); });
  }
  void disarm() {
    if (timer_) timers_.cancel(*std::exchange(timer_, std::nullopt));
  }
  void fire() {
    timer_.reset();
    if (deadline_.is_never()) return;
    if (!deadline_.passed(timers_.clock().now())) return arm();
    deadline_ = Deadline::never();
    expired_ = true;
    on_expiry_(kind_);
  }

  Timers& timers_;
  std::function<void(Limit)> on_expiry_;
  Limit kind_ = Limit::reading;
  Deadline deadline_ = Deadline::never();
  TimePoint armed_for_ = {};
  std::optional<Timers::Id> timer_;
  bool expired_ = false;
};

}  // namespace xrouter::net
