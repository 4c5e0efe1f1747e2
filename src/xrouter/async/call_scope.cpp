#include "xrouter/async/call_scope.hpp"

#include "xrouter/base/assert.hpp"

namespace xrouter {

CallScope::CallScope(boost::asio::any_io_executor executor, Timers& timers, Deadline deadline, std::string name)
    : executor_(std::move(executor)), timers_(timers), deadline_(deadline), name_(std::move(name)) {
  arm(ErrorKind::deadline_exceeded);
}

CallScope::CallScope(CallScope& parent, std::optional<Duration> timeout, std::string_view suffix, ErrorKind on_timeout)
    : executor_(parent.executor_), timers_(parent.timers_), deadline_(parent.deadline_), name_(parent.name_) {
  name_.append("/").append(suffix);
  if (parent.ended()) {
    ended_with_ = parent.ended_with_;
    return;
  }
  CallScope* above = &parent;
  parent_hook_.emplace(parent, [this, above] { end(above->end_kind()); });
  if (!timeout) return;
  const Deadline own = Deadline::after(now(), *timeout);
  // The parent's own timer ends this scope when its deadline is the earlier one.
  if (own.earlier(deadline_) != own || own == deadline_) return;
  deadline_ = own;
  arm(on_timeout);
}

CallScope::~CallScope() {
  if (timer_) timers_.cancel(*timer_);
  XROUTER_ASSERT(hooks_.empty(), "children and operations end before their scope");
}

void CallScope::arm(ErrorKind on_timeout) {
  if (deadline_.is_never()) return;
  timer_ = timers_.schedule(deadline_.when(), [this, on_timeout] {
    timer_.reset();
    end(on_timeout);
  });
}

void CallScope::end(ErrorKind reason) {
  if (ended_with_) return;
  ended_with_ = reason;
  if (timer_) timers_.cancel(*std::exchange(timer_, std::nullopt));
  // A hook may destroy other hooks, so take one at a time.
  while (!hooks_.empty()) {
    Hook* hook = hooks_.front();
    hooks_.pop_front();
    hook->scope_ = nullptr;
    hook->action_();
  }
}

Error CallScope::error() const {
  switch (end_kind()) {
    case ErrorKind::attempt_timeout: return {.kind = ErrorKind::attempt_timeout, .public_text = "The model took too long to answer."};
    case ErrorKind::cancelled: return {.kind = ErrorKind::cancelled, .public_text = "The request was cancelled."};
    default: return {.kind = end_kind(), .public_text = "The request's deadline passed."};
  }
}

CallScope::Hook::Hook(CallScope& scope, std::function<void()> action) : scope_(&scope), action_(std::move(action)) {
  if (scope.ended()) {
    scope_ = nullptr;
    return;
  }
  position_ = scope.hooks_.insert(scope.hooks_.end(), this);
}

CallScope::Hook::~Hook() {
  if (scope_) scope_->hooks_.erase(position_);
}

}  // namespace xrouter
