// What the driver needs from the outside. Every implementation is single-threaded per worker.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <variant>

#include "xrouter/async/call_scope.hpp"
#include "xrouter/engine/episode.hpp"

namespace xrouter {

/// Receives the deltas of an answer while it is being made, and holds the sender back when the
/// client is slow. An error (the client left) ends the sending call.
class DeltaSink {
 public:
  virtual ~DeltaSink() = default;
  virtual boost::asio::awaitable<Result<void>> write(const ChatDelta& delta, CallScope& scope) = 0;
};

class Policy {
 public:
  virtual ~Policy() = default;
  /// Never throws for an expected failure: that is PolicyReply::error, with what was spent.
  /// Returns soon after the scope ends.
  virtual boost::asio::awaitable<PolicyReply> decide(const DecisionPrompt& prompt, CallScope& scope) = 0;
};

class ModelPool {
 public:
  virtual ~ModelPool() = default;
  /// Executes one call with retries inside; the reply lists every attempt, also when the scope ends
  /// in the middle. With `live`, deltas are written to it as they come; after the first committing
  /// delta there is no retry. `live` may be null.
  virtual boost::asio::awaitable<ModelReply> call(const ModelCall& call, CallScope& scope, DeltaSink* live) = 0;
};

// Events, in the order they happen. References are valid during on() only. What follows TurnStarted
// and CallStarted may take long; the driver waits for nothing else between two events.
struct EpisodeStarted {
  const EpisodeSpec& spec;
};
/// The policy is about to be asked; `prompt` is what it will see.
struct TurnStarted {
  const DecisionPrompt& prompt;
};
struct PolicyReplied {
  int turn;
  const PolicyReply& reply;
  Duration latency;
};
struct CallStarted {
  const ModelCall& call;
};
struct CallFinished {
  const ModelCall& call;
  const ModelReply& reply;
};
struct EpisodeFinished {
  const Episode& episode;
  const Outcome& outcome;
};
using EpisodeEvent = std::variant<EpisodeStarted, TurnStarted, PolicyReplied, CallStarted, CallFinished, EpisodeFinished>;

class EpisodeObserver {
 public:
  virtual ~EpisodeObserver() = default;
  /// Must not block: hand over and return.
  virtual void on(const EpisodeEvent& event) = 0;
};

/// Hands every event to several observers, in order.
class ObserverList final : public EpisodeObserver {
 public:
  explicit ObserverList(std::vector<EpisodeObserver*> observers) : observers_(std::move(observers)) {}
  void on(const EpisodeEvent& event) override {
    for (EpisodeObserver* observer : observers_) observer->on(event);
  }

 private:
  std::vector<EpisodeObserver*> observers_;
};

}  // namespace xrouter
