// A thread that works only when nobody else wants the processor.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "xrouter/base/clock.hpp"

namespace xrouter::store {

/// Runs one job at a time under the system's idle scheduling policy (Linux; elsewhere, or where the
/// system refuses, at normal priority). A thread cannot leave that policy again without a privilege,
/// so work that has become urgent is continued on another thread: let the job look for a sign to stop.
/// One thread may use it; a job must not take a lock that others need, for it may stand still at any point.
class QuietThread {
 public:
  QuietThread();
  /// Waits for the job under way.
  ~QuietThread();
  QuietThread(const QuietThread&) = delete;
  QuietThread& operator=(const QuietThread&) = delete;

  /// Precondition: no job is under way. A job does not throw.
  void start(std::function<void()> job);
  /// True when the job has ended.
  bool wait_for(Duration patience);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> job_;  // empty: none under way
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace xrouter::store
