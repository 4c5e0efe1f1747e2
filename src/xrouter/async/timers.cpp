#include "xrouter/async/timers.hpp"

#include <boost/asio/steady_timer.hpp>

namespace xrouter {

struct AsioTimers::Pending {
  Pending(boost::asio::io_context& io, TimePoint when, std::function<void()> action)
      : timer(io, when), callback(std::move(action)) {}
  boost::asio::steady_timer timer;
  std::function<void()> callback;  // empty once cancelled: a queued completion then does nothing
};

AsioTimers::AsioTimers(boost::asio::io_context& io) : io_(io) {}

AsioTimers::~AsioTimers() {
  for (auto& [id, pending] : pending_) pending->callback = nullptr;
}

Timers::Id AsioTimers::schedule(TimePoint when, std::function<void()> callback) {
  const Id id = next_id_++;
  auto pending = std::make_shared<Pending>(io_, when, std::move(callback));
  pending_.emplace(id, pending);
  pending->timer.async_wait([this, id, pending](boost::system::error_code) {
    if (!pending->callback) return;
    auto action = std::exchange(pending->callback, nullptr);
    pending_.erase(id);
    action();
  });
  return id;
}

void AsioTimers::cancel(Id id) noexcept {
  auto it = pending_.find(id);
  if (it == pending_.end()) return;
  it->second->callback = nullptr;
  it->second->timer.cancel();
  pending_.erase(it);
}

}  // namespace xrouter
