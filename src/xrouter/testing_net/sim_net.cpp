#include "xrouter/testing_net/sim_net.hpp"

#include <algorithm>
#include <deque>
#include <string>

#include "xrouter/async/event.hpp"
#include "xrouter/async/sleep.hpp"

namespace xrouter::net {

using boost::asio::awaitable;

namespace {

auto lost(std::string why) { return fail(ErrorKind::upstream_unreachable, "The connection was lost.", std::move(why)); }

/// One direction. Both ends hold it; each end only uses its half of the interface.
class Pipe {
 public:
  Pipe(const boost::asio::any_io_executor& executor, Timers& timers, const SimFaults& faults, Rng rng)
      : timers_(timers), faults_(faults), rng_(rng), readable_(executor), writable_(executor) {}

  // The writing end.
  bool full() const { return unread_ >= faults_.capacity; }
  std::size_t room() const { return full() ? 0 : faults_.capacity - unread_; }
  bool broken_for_writer() const { return reader_gone_ || reset_; }
  void push(std::string_view bytes) {
    if (bytes.empty()) return;
    segments_.push_back({std::string(bytes), timers_.clock().now() + faults_.latency});
    unread_ += bytes.size();
    readable_.set();
  }
  void end() {
    if (!end_at_) end_at_ = timers_.clock().now() + faults_.latency;
    readable_.set();
  }
  Event& writable() { return writable_; }

  // The reading end.
  struct Outcome {
    enum class Kind { bytes, end, reset, wait } kind = Kind::wait;
    std::size_t count = 0;
    std::optional<TimePoint> wake_at = {};
  };
  Outcome read(std::span<char> into);
  void abandon() {
    reader_gone_ = true;
    writable_.set();
  }
  /// Nothing to read, now or later.
  bool silent() const { return segments_.empty() && !end_at_ && !reset_; }
  Event& readable() { return readable_; }

  /// Both ends see it at once.
  void reset() {
    reset_ = true;
    readable_.set();
    writable_.set();
  }

 private:
  using Kind = Outcome::Kind;
  struct Segment {
    std::string bytes;
    TimePoint ready_at;
  };
  std::size_t allowance(std::size_t wanted);

  Timers& timers_;
  SimFaults faults_;
  Rng rng_;
  Event readable_;
  Event writable_;
  std::deque<Segment> segments_;
  std::size_t unread_ = 0;
  std::size_t delivered_ = 0;
  TimePoint not_before_ = {};
  std::optional<TimePoint> end_at_;
  bool reader_gone_ = false;
  bool reset_ = false;
};

/// How many of `wanted` bytes this read may give.
std::size_t Pipe::allowance(std::size_t wanted) {
  if (faults_.max_chunk > 0) wanted = std::min<std::size_t>(wanted, 1 + rng_.below(faults_.max_chunk));
  if (faults_.stall_after) wanted = std::min(wanted, *faults_.stall_after - delivered_);
  if (faults_.cut_after) wanted = std::min(wanted, *faults_.cut_after - delivered_);
  return wanted;
}

Pipe::Outcome Pipe::read(std::span<char> into) {
  const TimePoint now = timers_.clock().now();
  if (reset_) return {.kind = Kind::reset};
  if (faults_.cut_after && delivered_ >= *faults_.cut_after) {
    if (faults_.cut_by_reset) reset();
    abandon();
    return {.kind = faults_.cut_by_reset ? Kind::reset : Kind::end};
  }
  if (faults_.stall_after && delivered_ >= *faults_.stall_after) return {};
  if (segments_.empty() && !end_at_) return {};
  const TimePoint ready_at = std::max(segments_.empty() ? *end_at_ : segments_.front().ready_at, not_before_);
  if (ready_at > now) return {.kind = Kind::wait, .wake_at = ready_at};
  if (segments_.empty()) return {.kind = Kind::end};
  Segment& front = segments_.front();
  const std::size_t count = allowance(std::min(into.size(), front.bytes.size()));
  std::copy_n(front.bytes.data(), count, into.data());
  front.bytes.erase(0, count);
  if (front.bytes.empty()) segments_.pop_front();
  unread_ -= count;
  delivered_ += count;
  not_before_ = now + faults_.drip;
  writable_.set();
  return {.kind = Kind::bytes, .count = count};
}

class SimStream final : public ByteStream {
 public:
  SimStream(Timers& timers, std::shared_ptr<Pipe> in, std::shared_ptr<Pipe> out, std::shared_ptr<std::size_t> open_ends, std::string peer)
      : timers_(timers), in_(std::move(in)), out_(std::move(out)), open_ends_(std::move(open_ends)), peer_(std::move(peer)) {
    ++*open_ends_;
  }
  ~SimStream() override { close(); }

  awaitable<Result<std::size_t>> read_some(std::span<char> into, CallScope& scope) override {
    const std::shared_ptr<Pipe> in = in_;  // close() may come while this waits
    CallScope::Hook hook(scope, [this] { close(); });
    while (true) {
      if (scope.ended()) close();
      if (scope.ended()) co_return fail(scope.error());
      if (!open_) co_return lost("closed");
      const Pipe::Outcome outcome = in->read(into);
      if (outcome.kind == Pipe::Outcome::Kind::bytes) co_return outcome.count;
      if (outcome.kind == Pipe::Outcome::Kind::end) co_return std::size_t{0};
      if (outcome.kind == Pipe::Outcome::Kind::reset) co_return lost("reset");
      in->readable().reset();
      std::optional<Timers::Id> timer;
      if (outcome.wake_at) timer = timers_.schedule(*outcome.wake_at, [in] { in->readable().set(); });
      co_await in->readable().wait();
      if (timer) timers_.cancel(*timer);
    }
  }

  awaitable<Result<void>> write(std::string_view bytes, CallScope& scope) override {
    const std::shared_ptr<Pipe> out = out_;
    CallScope::Hook hook(scope, [this] { close(); });
    bool pushed = false;
    while (true) {
      if (scope.ended()) close();
      if (scope.ended()) co_return fail(scope.error());
      if (!open_ || half_closed_) co_return lost("closed");
      if (out->broken_for_writer()) co_return lost("reset");
      if (!pushed) out->push(bytes);
      pushed = true;
      if (!out->full()) co_return Result<void>{};
      out->writable().reset();
      co_await out->writable().wait();
    }
  }

  Result<std::size_t> try_write(std::string_view bytes) override {
    if (!open_ || half_closed_) return lost("closed");
    if (out_->broken_for_writer()) return lost("reset");
    const std::size_t count = std::min(bytes.size(), out_->room());
    out_->push(bytes.substr(0, count));
    return count;
  }

  void close() noexcept override {
    if (!open_) return;
    open_ = false;
    --*open_ends_;
    out_->end();
    in_->abandon();
    wake_own();
  }
  void reset() noexcept override {
    out_->reset();
    in_->reset();
    close();
  }
  void half_close() noexcept override {
    half_closed_ = true;
    out_->end();
  }
  bool is_open() const noexcept override { return open_; }
  bool idle_and_open() noexcept override { return open_ && in_->silent() && !out_->broken_for_writer(); }
  std::string peer() const override { return peer_; }

 private:
  void wake_own() {
    in_->readable().set();
    out_->writable().set();
  }

  Timers& timers_;
  std::shared_ptr<Pipe> in_;
  std::shared_ptr<Pipe> out_;
  std::shared_ptr<std::size_t> open_ends_;
  std::string peer_;
  bool open_ = true;
  bool half_closed_ = false;
};

StreamPair make_pair(const boost::asio::any_io_executor& executor, Timers& timers, const SimPlan& plan, const Rng& rng,
                     const std::shared_ptr<std::size_t>& open_ends) {
  auto up = std::make_shared<Pipe>(executor, timers, plan.to_server, rng.fork("to_server"));
  auto down = std::make_shared<Pipe>(executor, timers, plan.to_client, rng.fork("to_client"));
  return {std::make_unique<SimStream>(timers, down, up, open_ends, "sim-server"), std::make_unique<SimStream>(timers, up, down, open_ends, "sim-client")};
}

}  // namespace

StreamPair make_sim_pair(boost::asio::any_io_executor executor, Timers& timers, const SimPlan& plan, std::uint64_t seed) {
  return make_pair(executor, timers, plan, Rng(seed), std::make_shared<std::size_t>(0));
}

awaitable<Result<std::unique_ptr<ByteStream>>> SimNetwork::connect(const Origin& origin, CallScope& scope) {
  const std::size_t index = connects_++;
  const SimPlan plan = plan_ ? plan_(origin, index) : SimPlan{};
  if (plan.never_answers) {
    Event given_up(scope.executor());
    CallScope::Hook hook(scope, [&given_up] { given_up.set(); });
    if (scope.ended()) given_up.set();
    co_await given_up.wait();
    co_return fail(scope.error());
  }
  if (plan.connect_delay > Duration::zero()) {
    auto slept = co_await sleep_for(plan.connect_delay, scope);
    if (!slept) co_return fail(slept.error());
  }
  auto listener = listeners_.find(origin);
  if (plan.refuse || listener == listeners_.end()) co_return fail(ErrorKind::upstream_unreachable, "The upstream cannot be reached.", "refused");
  auto [client, server] = make_pair(executor_, timers_, plan, rng_.fork("connection", index), open_ends_);
  listener->second(std::move(server));
  co_return std::move(client);
}

}  // namespace xrouter::net
