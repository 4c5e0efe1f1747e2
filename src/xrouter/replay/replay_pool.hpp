// A model pool that remembers: in front of another pool, it answers what was asked before.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "xrouter/async/event.hpp"
#include "xrouter/engine/ports.hpp"
#include "xrouter/replay/replay_options.hpp"
#include "xrouter/replay/replay_store.hpp"

namespace xrouter::replay {

/// Since the pool was made.
struct ReplayFigures {
  std::int64_t hits = 0, misses = 0;
  std::int64_t shared = 0;    ///< hits that waited for the same call of somebody else
  std::int64_t recorded = 0;  ///< answers that were kept
  std::int64_t passing = 0;   ///< answers that were not: failures that would not happen again
};

/// What pools of one thread share: the store, and which calls are under way. One call of a key is under way at a time; who
/// asks the same meanwhile waits for its answer, and for its turn when there is none.
class ReplayMemory {
 public:
  ReplayMemory(std::shared_ptr<ReplayStore> store, ReplayOptions options) : store_(std::move(store)), options_(options) {}
  const ReplayOptions& options() const { return options_; }
  ReplayStore& store() { return *store_; }
  const ReplayFigures& figures() const { return figures_; }
  /// The first failure of the store: from then on nothing new is asked, since it could not be kept, and a run should end.
  const std::optional<Error>& broken() const { return broken_; }

 private:
  friend class ReplayPool;
  std::shared_ptr<ReplayStore> store_;
  ReplayOptions options_;
  ReplayFigures figures_;
  std::optional<Error> broken_;
  std::multimap<std::string, Event*> waiting_;  ///< by the digest of the call under way
  std::map<std::string, int> under_way_;
};

/// Strict: the file is opened for reading alone, and must be there. Errors: those of ReplayStore::open.
Result<std::shared_ptr<ReplayMemory>> open_memory(const std::string& file, ReplayOptions options);

/// Costs are those of the recorded tokens at the price that the called model has now; so a replayed call costs what it
/// would cost, not nothing. Calls of the recorded pool are passed on: their answers are a recording already. A call without anybody to ask (`other` null) is an error like a missing one.
/// Errors of a call: config for a missing call (naming model, replica and key),
/// io when the store fails, the scope's error while waiting; those of the other pool.
/// Single-threaded; the look-up itself blocks for some 50 microseconds, or while another process writes.
class ReplayPool final : public ModelPool {
 public:
  /// `memory` is shared by all pools of the thread, `counter` by an episode or a rollout group.
  ReplayPool(std::shared_ptr<ReplayMemory> memory, ModelPool* other, std::shared_ptr<ReplicaCounter> counter)
      : memory_(std::move(memory)), other_(other), counter_(std::move(counter)) {}

  boost::asio::awaitable<ModelReply> call(const ModelCall& call, CallScope& scope, DeltaSink* live) override;

 private:
  boost::asio::awaitable<ModelReply> ask(const ModelCall& call, const ReplayKey& key, CallScope& scope, DeltaSink* live);
  boost::asio::awaitable<ModelReply> give(ModelReply stored, CallScope& scope, DeltaSink* live);
  boost::asio::awaitable<void> wait_for_turn(const ReplayKey& key, CallScope& scope);
  /// The recorded reply; nullopt when it has to be asked for; else why it cannot be.
  Result<std::optional<ModelReply>> remembered(const ModelCall& call, const ReplayKey& key, bool waited);
  void keep(const ModelCall& call, const ReplayKey& key, const ModelReply& reply);

  std::shared_ptr<ReplayMemory> memory_;
  ModelPool* other_;
  std::shared_ptr<ReplicaCounter> counter_;
};

}  // namespace xrouter::replay
