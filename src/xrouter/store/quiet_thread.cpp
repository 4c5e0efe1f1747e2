#include "xrouter/store/quiet_thread.hpp"

#include <pthread.h>
#include <sched.h>

#include <utility>

#include "xrouter/base/assert.hpp"

namespace xrouter::store {
namespace {

void yield_to_everybody() {
#ifdef SCHED_IDLE
  const sched_param none{};
  (void)pthread_setschedparam(pthread_self(), SCHED_IDLE, &none);  // refused: slower requests, nothing else
#endif
}

}  // namespace

QuietThread::QuietThread() : thread_([this] { run(); }) {}

QuietThread::~QuietThread() {
  {
    std::lock_guard hold(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void QuietThread::start(std::function<void()> job) {
  {
    std::lock_guard hold(mutex_);
    XROUTER_ASSERT(!job_, "one job at a time");
    job_ = std::move(job);
  }
  changed_.notify_all();
}

bool QuietThread::wait_for(Duration patience) {
  std::unique_lock hold(mutex_);
  return changed_.wait_for(hold, patience, [this] { return !job_; });
}

void QuietThread::run() {
  yield_to_everybody();
  std::unique_lock hold(mutex_);
  for (;;) {
    changed_.wait(hold, [this] { return job_ || stopping_; });
    if (!job_) return;
    hold.unlock();
    job_();
    hold.lock();
    job_ = nullptr;
    changed_.notify_all();
  }
}

}  // namespace xrouter::store
