// The bridge from the generator's thread to a worker: the generations of one request as things to wait for.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "xrouter/async/call_scope.hpp"
#include "xrouter/async/event.hpp"
#include "xrouter/lm/generator.hpp"

namespace xrouter::host {

/// Tokens of one generation, or its end.
struct Arrival {
  std::size_t generation = 0;
  std::vector<lm::GeneratedToken> tokens = {};
  std::optional<Result<lm::Generation>> end = {};
};

/// On one worker, in the frame of the request. What the generator tells is handed over by posting to the worker;
/// once this object is gone nothing more is posted, and what still runs has been cancelled. What waits is bounded by
/// the output limits of the request.
class Generations {
 public:
  /// Both outlive this object.
  Generations(lm::Generator& generator, CallScope& scope);
  ~Generations();
  Generations(const Generations&) = delete;
  Generations& operator=(const Generations&) = delete;

  /// All or none. Error: overloaded.
  Result<void> start(std::vector<lm::GenerationRequest> requests);
  /// Everything that has arrived, at least one. Error: the scope's end. Precondition: a generation is running.
  boost::asio::awaitable<Result<std::deque<Arrival>>> next();
  std::size_t running() const { return running_; }

 private:
  class Mailbox;
  class Sink;

  lm::Generator& generator_;
  CallScope& scope_;
  Event arrived_;
  std::optional<CallScope::Hook> wake_at_end_;
  std::shared_ptr<Mailbox> mailbox_;
  std::vector<lm::Generator::Ticket> tickets_;
  std::size_t running_ = 0;
};

}  // namespace xrouter::host
