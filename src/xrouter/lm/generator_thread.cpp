// The thread around the scheduler: an inbox in, snapshots of the figures out.
#include <condition_variable>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "xrouter/base/log.hpp"
#include "xrouter/lm/generator.hpp"
#include "xrouter/lm/scheduler_state.hpp"

namespace xrouter::lm {
namespace {

class GeneratorThread final : public Generator {
 public:
  GeneratorThread(GenerationModel model, GeneratorOptions options, const Clock& clock)
      : clock_(clock),
        shape_(model.model->shape()),
        capacity_(Scheduler::capacity(options)),
        scheduler_(std::move(model), options, clock),
        thread_([this] { work(); }) {}

  ~GeneratorThread() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  Result<Ticket> submit(GenerationRequest request, std::shared_ptr<GenerationSink> sink) override {
    if (std::optional<Error> error = Scheduler::refusal(request, shape_)) return fail(std::move(*error));
    const TimePoint now = clock_.now();
    const std::lock_guard lock(mutex_);
    if (stopping_ || unfinished_ + inbox_.size() >= capacity_) {
      ++refused_;
      return fail(ErrorKind::overloaded, "too many requests wait for the model");
    }
    inbox_.push_back({.ticket = ++last_ticket_, .request = std::move(request), .sink = std::move(sink), .submitted = now});
    wake_.notify_one();
    return last_ticket_;
  }

  void cancel(Ticket ticket) override {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    cancels_.push_back(ticket);
    wake_.notify_one();
  }

  GeneratorStats stats() const override {
    const std::lock_guard lock(mutex_);
    GeneratorStats stats = stats_;
    stats.requests = last_ticket_;
    stats.waiting += static_cast<int>(inbox_.size());
    stats.refused = refused_;
    return stats;
  }

 private:
  struct Submission {
    Ticket ticket = 0;
    GenerationRequest request;
    std::shared_ptr<GenerationSink> sink;
    TimePoint submitted;
  };

  void work() {
    bool busy = false;
    while (take_inbox(busy)) {
      busy = step();
      publish();
    }
    scheduler_.end_all({.kind = ErrorKind::overloaded, .public_text = "the server is shutting down"});
    publish();
  }

  // What the scheduler does not catch itself is a failure of its own, such as no memory for a vector.
  bool step() {
    try {
      return scheduler_.step();
    } catch (const std::exception& exception) {
      log::error(kScope, std::string("the scheduler failed: ") + exception.what());
    }
    scheduler_.end_all(model_failed());
    return false;
  }

  /// Sleeps while there is nothing to do; false: the end. What came in goes to the scheduler outside the lock,
  /// because that calls sinks.
  bool take_inbox(bool busy) {
    std::vector<Submission> submissions;
    std::vector<Ticket> cancels;
    bool stopping = false;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return busy || stopping_ || !inbox_.empty() || !cancels_.empty(); });
      submissions.swap(inbox_);
      cancels.swap(cancels_);
      unfinished_ += submissions.size();
      stopping = stopping_;
    }
    for (Submission& one : submissions) scheduler_.submit(one.ticket, std::move(one.request), std::move(one.sink), one.submitted);
    for (const Ticket ticket : cancels) scheduler_.cancel(ticket);
    return !stopping;
  }

  void publish() {
    const GeneratorStats stats = scheduler_.stats();
    const std::lock_guard lock(mutex_);
    stats_ = stats;
    unfinished_ = scheduler_.unfinished();
  }

  const Clock& clock_;
  const ModelShape shape_;
  const std::size_t capacity_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Submission> inbox_;  ///< with unfinished_ at most capacity_
  std::vector<Ticket> cancels_;
  std::size_t unfinished_ = 0;     ///< at the scheduler, when last looked
  Ticket last_ticket_ = 0;
  std::uint64_t refused_ = 0;
  GeneratorStats stats_;
  bool stopping_ = false;

  Scheduler scheduler_;  ///< the thread's
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Generator> start_generator(GenerationModel model, GeneratorOptions options, const Clock& clock) {
  return std::make_unique<GeneratorThread>(std::move(model), options, clock);
}

}  // namespace xrouter::lm
