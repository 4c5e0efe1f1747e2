// Deadline + cancellation + log prefix of one piece of work, as a tree on the stack: a child never
// outlives or out-waits its parent. After redpanda's retry_chain_node.
//
// Ending a scope (its deadline, its parent, or cancel()) runs the registered hooks; a hook breaks
// the one I/O operation that is under way (closes the socket, wakes the sleeper), and the operation
// returns the scope's error as a value. Nothing is thrown, so every layer above still settles its
// costs.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <list>
#include <optional>
#include <string>

#include "xrouter/async/timers.hpp"
#include "xrouter/base/clock.hpp"
#include "xrouter/base/result.hpp"

namespace xrouter {

class CallScope {
 public:
  /// A root: one request, one rollout, one benchmark question.
  CallScope(boost::asio::any_io_executor executor, Timers& timers, Deadline deadline, std::string name);
  /// A child with a deadline of at most `timeout` from now. `on_timeout` is the error kind when
  /// the child's own limit ends it (ErrorKind::attempt_timeout for one try); when the parent ends,
  /// the child reports the parent's kind.
  CallScope(CallScope& parent, std::optional<Duration> timeout, std::string_view suffix,
            ErrorKind on_timeout = ErrorKind::attempt_timeout);
  ~CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

  bool ended() const { return ended_with_.has_value(); }
  /// Why it ended: deadline_exceeded, attempt_timeout or cancelled. Precondition: ended().
  ErrorKind end_kind() const { return *ended_with_; }
  /// end_kind() as an Error. Precondition: ended().
  Error error() const;
  /// Ends this scope and all below. Idempotent; the first reason stays.
  void end(ErrorKind reason);
  void cancel() { end(ErrorKind::cancelled); }

  Deadline deadline() const { return deadline_; }
  Duration remaining() const { return deadline_.remaining(now()); }
  TimePoint now() const { return timers_.clock().now(); }
  Timers& timers() const { return timers_; }
  const Clock& clock() const { return timers_.clock(); }
  const boost::asio::any_io_executor& executor() const { return executor_; }
  const std::string& name() const { return name_; }  ///< log prefix: "chatcmpl-x/t1/c2/a1"

  /// Registered for its own lifetime; runs `action` at most once, when the scope ends. If the
  /// scope has already ended, `action` does not run: check ended() before starting an operation.
  class Hook {
   public:
    Hook(CallScope& scope, std::function<void()> action);
    ~Hook();
    Hook(const Hook&) = delete;
    Hook& operator=(const Hook&) = delete;

   private:
    friend class CallScope;
    CallScope* scope_;  // null once run or ended
    std::function<void()> action_;
    std::list<Hook*>::iterator position_;
  };

 private:
  void arm(ErrorKind on_timeout);

  boost::asio::any_io_executor executor_;
  Timers& timers_;
  Deadline deadline_;
  std::string name_;
  std::optional<ErrorKind> ended_with_;
  std::optional<Timers::Id> timer_;
  std::list<Hook*> hooks_;
  std::optional<Hook> parent_hook_;
};

}  // namespace xrouter
