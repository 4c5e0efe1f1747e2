#include "xrouter/async/sleep.hpp"

#include "xrouter/async/event.hpp"

namespace xrouter {

boost::asio::awaitable<Result<void>> sleep_for(Duration duration, CallScope& scope) {
  if (scope.ended()) co_return fail(scope.error());
  Event woken(scope.executor());
  const Deadline until = Deadline::after(scope.now(), duration);
  const Timers::Id timer = scope.timers().schedule(until.when(), [&woken] { woken.set(); });
  {
    CallScope::Hook hook(scope, [&woken] { woken.set(); });
    co_await woken.wait();
  }
  scope.timers().cancel(timer);
  if (scope.ended()) co_return fail(scope.error());
  co_return Result<void>{};
}

}  // namespace xrouter
