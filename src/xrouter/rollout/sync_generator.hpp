// A generator without a thread: who submits also runs the passes.
#pragma once

#include "xrouter/async/virtual_time.hpp"
#include "xrouter/lm/scheduler.hpp"

namespace xrouter::rollout {

/// For rollouts and validation: the same requests in the same order give the same passes, and so the same bits. Takes no
/// simulated time. Not thread-safe: submit(), cancel() and step() happen on one thread, and sinks (called within step()
/// and cancel()) hand over and return.
class SyncGenerator final : public lm::Generator {
 public:
  SyncGenerator(lm::GenerationModel model, lm::GeneratorOptions options);
  ~SyncGenerator() override;

  Result<Ticket> submit(lm::GenerationRequest request, std::shared_ptr<lm::GenerationSink> sink) override;
  void cancel(Ticket ticket) override { scheduler_.cancel(ticket); }
  lm::GeneratorStats stats() const override;

  bool busy() const { return scheduler_.unfinished() > 0; }
  /// One pass of the model. False: nothing is left to do.
  bool step() { return scheduler_.step(); }
  /// Requests that may be unfinished at once; more are refused.
  std::size_t capacity() const { return capacity_; }

 private:
  lm::ModelShape shape_;
  std::size_t capacity_;
  VirtualClock still_;
  lm::Scheduler scheduler_;
  Ticket last_ticket_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace xrouter::rollout
