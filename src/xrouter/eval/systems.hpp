// What is under evaluation: a way to make the policy of an episode, with a name.
//
// Single models, the configured policy, a remote router, baselines and the oracle are all Systems;
// the runner knows no other difference between them. Policies live in `policy` and `baselines`,
// which do not know this header; adapters here turn them into Systems.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/engine/ports.hpp"
#include "xrouter/eval/benchmark.hpp"

namespace xrouter::eval {

enum class SystemKind {
  single,    ///< always one model
  policy,    ///< what is being judged
  baseline,  ///< an honest comparison
  oracle,    ///< knows the grades: an upper bound, never a competitor
};
std::string_view to_text(SystemKind kind);

/// What a policy may know about the episode beside its prompt. Chance comes from `seed` alone, which
/// depends on the run's seed, question, rollout and system, never on the order of work.
struct EpisodeFacts {
  const Question& question;
  int rollout = 0;  ///< 0-based
  std::uint64_t seed = 0;
};

/// The parts of one worker, for systems whose policy makes calls of its own.
struct WorkerContext {
  ModelPool& pool;
  Timers& timers;
  Policy* configured = nullptr;  ///< the policy of the configuration, as a server would run it
};

/// One system on one worker: single-threaded.
class SystemWorker {
 public:
  virtual ~SystemWorker() = default;
  /// The policy of one episode. A stateless one may be the same object every time; one that draws
  /// chance or knows the question is made anew.
  virtual std::shared_ptr<Policy> policy_for(const EpisodeFacts& facts) = 0;
};

/// Weak and strong model of a system that only ever chooses between two.
struct ModelPair {
  ModelId weak;
  ModelId strong;
};

struct System {
  std::string id;           ///< "policy", "model:gpt-4o", "baseline:random"; [a-z0-9:._@+-] and capitals; unique in a run
  std::string label;        ///< for tables and plots
  std::string description;  ///< a sentence or two
  SystemKind kind = SystemKind::baseline;
  /// Points of one curve share a family and differ in `dial` (cost weight, threshold, share). Empty: a point.
  std::string family = {};
  std::optional<double> dial = {};
  std::optional<ModelPair> pair = {};
  std::optional<double> cost_weight = {};  ///< of the episodes; empty = the configuration's
  std::vector<ModelId> models = {};        ///< offered, where the question has them; empty = every one it has
  /// Models without which a question is left out: a single's own. Questions that lack one of them are
  /// not asked, not counted as wrong.
  std::vector<ModelId> needs = {};
  ModelId router = {};                     ///< a priced model that decides; empty = deciding is free
  std::string fingerprint = {};            ///< of weights and settings: part of every sample's key
  /// Called once a worker. Errors: anything that keeps the system from running.
  std::function<Result<std::unique_ptr<SystemWorker>>(const WorkerContext&)> open;
};

/// A stateless policy, made once a worker.
using MakePolicy = std::function<Result<std::shared_ptr<Policy>>(const WorkerContext&)>;
std::function<Result<std::unique_ptr<SystemWorker>>(const WorkerContext&)> same_policy_always(MakePolicy make);
/// A policy made anew for every episode.
using MakeEpisodePolicy = std::function<std::shared_ptr<Policy>(const EpisodeFacts&)>;
std::function<Result<std::unique_ptr<SystemWorker>>(const WorkerContext&)> policy_per_episode(MakeEpisodePolicy make);

/// "model:<id>", a FixedPolicy.
System single_model(const ModelSpec& model);

}  // namespace xrouter::eval
