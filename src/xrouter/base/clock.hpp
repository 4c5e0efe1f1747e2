// Injected time. TimePoint is a plain value; only a Clock tells what it is now.
#pragma once

#include <chrono>

namespace xrouter {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;      ///< monotonic
  virtual WallTime wall_now() const = 0;  ///< for records and `created`; may jump
};

/// The real clock; thread-safe, one for the process.
const Clock& system_clock();

/// A point in time not to be passed, or never. A value: copy it freely.
class Deadline {
 public:
  static Deadline never() { return Deadline(TimePoint::max()); }
  static Deadline at(TimePoint when) { return Deadline(when); }
  /// Saturates: a huge timeout is `never`.
  static Deadline after(TimePoint now, Duration timeout) {
    return timeout >= TimePoint::max() - now ? never() : Deadline(now + timeout);
  }

  bool is_never() const { return when_ == TimePoint::max(); }
  TimePoint when() const { return when_; }
  bool passed(TimePoint now) const { return now >= when_; }
  /// Zero once passed, Duration::max() for never.
  Duration remaining(TimePoint now) const {
    if (is_never()) return Duration::max();
    return passed(now) ? Duration::zero() : when_ - now;
  }
  Deadline earlier(Deadline other) const { return when_ <= other.when_ ? *this : other; }
  bool operator==(const Deadline&) const = default;

 private:
  explicit Deadline(TimePoint when) : when_(when) {}
  TimePoint when_;
};

}  // namespace xrouter
