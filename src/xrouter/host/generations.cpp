#include "xrouter/host/generations.hpp"

#include <boost/asio/post.hpp>
#include <mutex>

namespace xrouter::host {

using boost::asio::awaitable;

/// Shared with the generator's thread, which may hold it longer than the request lives. The lock is held for the
/// length of a post, so that after close() nothing reaches for the worker any more.
class Generations::Mailbox : public std::enable_shared_from_this<Mailbox> {
 public:
  Mailbox(boost::asio::any_io_executor executor, Event& arrived) : executor_(std::move(executor)), arrived_(&arrived) {}

  void send(Arrival arrival) {
    const std::lock_guard hold(mutex_);
    if (!open_) return;
    boost::asio::post(executor_,
                      [self = shared_from_this(), arrival = std::move(arrival)]() mutable { self->receive(std::move(arrival)); });
  }

  // The rest is the worker's.
  void close() {
    const std::lock_guard hold(mutex_);
    open_ = false;
    executor_ = {};
    arrived_ = nullptr;
  }
  std::deque<Arrival> take() { return std::exchange(waiting_, {}); }
  bool empty() const { return waiting_.empty(); }

 private:
  void receive(Arrival arrival) {
    if (!arrived_) return;
    waiting_.push_back(std::move(arrival));
    arrived_->set();
  }

  std::mutex mutex_;
  bool open_ = true;
  boost::asio::any_io_executor executor_;
  Event* arrived_;  ///< used on the worker only
  std::deque<Arrival> waiting_;
};

class Generations::Sink final : public lm::GenerationSink {
 public:
  Sink(std::shared_ptr<Mailbox> mailbox, std::size_t index) : mailbox_(std::move(mailbox)), index_(index) {}
  void on_tokens(std::span<const lm::GeneratedToken> tokens) override {
    mailbox_->send({.generation = index_, .tokens = {tokens.begin(), tokens.end()}});
  }
  void on_finish(Result<lm::Generation> generation) override { mailbox_->send({.generation = index_, .end = std::move(generation)}); }

 private:
  std::shared_ptr<Mailbox> mailbox_;
  std::size_t index_;
};

Generations::Generations(lm::Generator& generator, CallScope& scope)
    : generator_(generator), scope_(scope), arrived_(scope.executor()), mailbox_(std::make_shared<Mailbox>(scope.executor(), arrived_)) {
  wake_at_end_.emplace(scope, [this] { arrived_.set(); });
}

Generations::~Generations() {
  mailbox_->close();
  for (const lm::Generator::Ticket ticket : tickets_) generator_.cancel(ticket);
}

Result<void> Generations::start(std::vector<lm::GenerationRequest> requests) {
  for (lm::GenerationRequest& request : requests) {
    auto ticket = generator_.submit(std::move(request), std::make_shared<Sink>(mailbox_, tickets_.size()));
    if (!ticket) return fail(ticket.error());  // the destructor cancels those before
    tickets_.push_back(*ticket);
    ++running_;
  }
  return {};
}

awaitable<Result<std::deque<Arrival>>> Generations::next() {
  while (mailbox_->empty()) {
    if (scope_.ended()) co_return fail(scope_.error());
    arrived_.reset();
    co_await arrived_.wait();
  }
  if (scope_.ended()) co_return fail(scope_.error());
  std::deque<Arrival> arrivals = mailbox_->take();
  for (const Arrival& arrival : arrivals)
    if (arrival.end) --running_;
  co_return arrivals;
}

}  // namespace xrouter::host
