// Timers behind an interface, so that a whole server runs on a settable clock in tests.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "xrouter/base/clock.hpp"

namespace xrouter {

/// One-shot callbacks at a point in time. Bound to one worker thread: every call and every
/// callback happens on it. A callback never runs after cancel() returned and never from inside
/// schedule().
class Timers {
 public:
  using Id = std::uint64_t;
  virtual ~Timers() = default;
  virtual const Clock& clock() const = 0;
  virtual Id schedule(TimePoint when, std::function<void()> callback) = 0;
  /// No effect when the timer has fired or is unknown.
  virtual void cancel(Id id) noexcept = 0;
};

/// Real time on an io_context. Must be destroyed before the io_context.
class AsioTimers final : public Timers {
 public:
  explicit AsioTimers(boost::asio::io_context& io);
  ~AsioTimers() override;
  const Clock& clock() const override { return system_clock(); }
  Id schedule(TimePoint when, std::function<void()> callback) override;
  void cancel(Id id) noexcept override;

 private:
  struct Pending;
  boost::asio::io_context& io_;
  Id next_id_ = 1;
  std::unordered_map<Id, std::shared_ptr<Pending>> pending_;
};

}  // namespace xrouter
