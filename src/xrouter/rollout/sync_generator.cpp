#include "xrouter/rollout/sync_generator.hpp"

namespace xrouter::rollout {

SyncGenerator::SyncGenerator(lm::GenerationModel model, lm::GeneratorOptions options)
    : shape_(model.model->shape()), capacity_(lm::Scheduler::capacity(options)), scheduler_(std::move(model), options, still_) {}

SyncGenerator::~SyncGenerator() { scheduler_.end_all({.kind = ErrorKind::overloaded, .public_text = "the run has ended"}); }

Result<lm::Generator::Ticket> SyncGenerator::submit(lm::GenerationRequest request, std::shared_ptr<lm::GenerationSink> sink) {
  if (std::optional<Error> error = lm::Scheduler::refusal(request, shape_)) return fail(std::move(*error));
  if (scheduler_.unfinished() >= capacity_) {
    ++refused_;
    return fail(ErrorKind::overloaded, "too many requests wait for the model");
  }
  scheduler_.submit(++last_ticket_, std::move(request), std::move(sink), still_.now());
  return last_ticket_;
}

lm::GeneratorStats SyncGenerator::stats() const {
  lm::GeneratorStats stats = scheduler_.stats();
  stats.refused += refused_;
  return stats;
}

}  // namespace xrouter::rollout
