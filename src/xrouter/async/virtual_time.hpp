// A clock that jumps from timer to timer instead of waiting: for tests, and for replaying recorded
// latencies at the speed of the machine.
#pragma once

#include <functional>
#include <map>
#include <utility>

#include "xrouter/async/timers.hpp"

namespace xrouter {

class VirtualClock final : public Clock {
 public:
  TimePoint now() const override { return now_; }
  WallTime wall_now() const override { return WallTime(std::chrono::milliseconds(1'800'000'000'000)) + std::chrono::floor<std::chrono::milliseconds>(now_ - kStart); }
  static constexpr TimePoint kStart{std::chrono::hours(1000)};

 private:
  friend class VirtualTimers;
  TimePoint now_ = kStart;
};

/// Timers fire inside advance_to_next(), in the order of their time, then of their creation.
class VirtualTimers final : public Timers {
 public:
  const Clock& clock() const override { return clock_; }
  Id schedule(TimePoint when, std::function<void()> callback) override {
    const Id id = next_id_++;
    order_.emplace(id, pending_.emplace(Key{when, id}, std::move(callback)).first);
    return id;
  }
  void cancel(Id id) noexcept override {
    auto it = order_.find(id);
    if (it == order_.end()) return;
    pending_.erase(it->second);
    order_.erase(it);
  }

  bool idle() const { return pending_.empty(); }
  /// Jumps to the earliest timer and fires it. Returns false when none is left.
  bool advance_to_next() {
    if (pending_.empty()) return false;
    auto first = pending_.begin();
    clock_.now_ = std::max(clock_.now_, first->first.first);
    auto callback = std::move(first->second);
    order_.erase(first->first.second);
    pending_.erase(first);
    callback();
    return true;
  }
  /// Time passes without a timer.
  void advance(Duration by) { clock_.now_ += by; }
  /// The earliest timer's time; TimePoint::max() when none is left.
  TimePoint next() const { return pending_.empty() ? TimePoint::max() : pending_.begin()->first.first; }

 private:
  using Key = std::pair<TimePoint, Id>;
  using Pending = std::map<Key, std::function<void()>>;
  VirtualClock clock_;
  Id next_id_ = 1;
  Pending pending_;
  std::map<Id, Pending::iterator> order_;
};

}  // namespace xrouter
