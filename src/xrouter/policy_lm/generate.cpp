#include "xrouter/policy_lm/generate.hpp"

#include <boost/asio/post.hpp>
#include <mutex>

#include "xrouter/async/event.hpp"

namespace xrouter::policy_lm {
namespace {

/// What the coroutine waits for; lives in its frame, on the worker's thread.
struct Waiting {
  explicit Waiting(const boost::asio::any_io_executor& executor) : finished(executor) {}
  Event finished;
  std::optional<Result<lm::Generation>> result;
};

// Shared with the generator, and so holds nothing of the worker's that must not outlive it: a coroutine that is
// destroyed, with its io_context, detaches first.
class Bridge final : public lm::GenerationSink, public std::enable_shared_from_this<Bridge> {
 public:
  Bridge(boost::asio::any_io_executor executor, Waiting& waiting) : executor_(std::move(executor)), waiting_(&waiting) {}

  void on_finish(Result<lm::Generation> generation) override {
    const std::lock_guard lock(mutex_);
    if (!waiting_) return;
    boost::asio::post(executor_, [self = shared_from_this(), result = std::move(generation)]() mutable { self->arrive(std::move(result)); });
  }
  void detach() {
    const std::lock_guard lock(mutex_);
    waiting_ = nullptr;
  }

 private:
  void arrive(Result<lm::Generation> result) {
    const std::lock_guard lock(mutex_);
    if (!waiting_) return;
    waiting_->result.emplace(std::move(result));
    waiting_->finished.set();
  }

  std::mutex mutex_;
  boost::asio::any_io_executor executor_;
  Waiting* waiting_;
};

struct DetachAtEnd {
  explicit DetachAtEnd(Bridge& target) : bridge(target) {}
  ~DetachAtEnd() { bridge.detach(); }
  DetachAtEnd(const DetachAtEnd&) = delete;
  DetachAtEnd& operator=(const DetachAtEnd&) = delete;
  Bridge& bridge;
};

}  // namespace

boost::asio::awaitable<Result<lm::Generation>> generate(lm::Generator& generator, lm::GenerationRequest request, CallScope& scope) {
  if (scope.ended()) co_return fail(scope.error());
  Waiting waiting(scope.executor());
  const auto bridge = std::make_shared<Bridge>(scope.executor(), waiting);
  const DetachAtEnd detach(*bridge);
  const Result<lm::Generator::Ticket> ticket = generator.submit(std::move(request), bridge);
  if (!ticket) co_return fail(ticket.error());
  const CallScope::Hook cancel(scope, [&generator, number = *ticket] { generator.cancel(number); });
  co_await waiting.finished.wait();
  co_return std::move(*waiting.result);
}

}  // namespace xrouter::policy_lm
