// Rollouts: lists of samples become groups of episodes, through the engine that serves.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "xrouter/base/rng.hpp"
#include "xrouter/engine/ports.hpp"
#include "xrouter/policy_lm/router_model.hpp"
#include "xrouter/rollout/rollout.hpp"
#include "xrouter/rollout/sync_generator.hpp"
#include "xrouter/rollout/task.hpp"

namespace xrouter::rollout {

/// One group to be made.
struct WorkItem {
  std::size_t sample = 0;           ///< index into the sample set
  double cost_weight = 1;           ///< of the reward
  std::optional<double> told = {};  ///< what the router is told instead
  int rollouts = 1;
  std::uint64_t seed = 0;  ///< all chance of the group: see seed_of
};

/// For the `draw`-th time that `sample` is drawn in a step. The order in which items are run changes nothing.
std::uint64_t seed_of(std::uint64_t run_seed, std::uint64_t step, std::string_view sample, std::uint64_t draw = 0);

struct Graded {
  Verdict verdict = Verdict::unscored;
  double score = 0;
};
using Grade = std::function<Graded(const corpus::Question& question, std::string_view answer)>;

/// What a policy is made from: one for each episode.
struct EpisodeFacts {
  const Task& task;        ///< outlives the policy
  double cost_weight = 1;  ///< of the reward
  int index = 0;           ///< within the group
  Rng rng;                 ///< the episode's own
};
using MakePolicy = std::function<std::unique_ptr<Policy>(const EpisodeFacts& facts)>;

/// The task of a sample. Called when a group starts; what it returns is kept until the group ends.
using TaskOf = std::function<Result<std::shared_ptr<const Task>>(std::size_t sample)>;

/// The policy of training: `model` on this temperature, its generator run by the runner.
MakePolicy local_policies(std::shared_ptr<const policy_lm::RouterModel> model, double temperature);

/// What pools of live models run on: the runner then waits for the network instead of computing time. On its thread.
struct LiveTime {
  boost::asio::io_context& io;
  Timers& timers;
};

struct RunnerParts {
  TaskOf task;
  MakePolicy policy;
  Grade grade;
  ModelPool& pool;
  SyncGenerator* generator = nullptr;  ///< that the policies generate with; null: they need none
  /// A pool for one rollout alone, the `index`th of `rollouts` in its group, such as one that replays samples of its own.
  /// Empty: `pool`.
  std::function<std::unique_ptr<ModelPool>(int index, int rollouts)> rollout_pool = {};
  const LiveTime* live = nullptr;  ///< null: time is simulated, and nothing may wait for anything outside
};

struct Progress {
  std::size_t rollouts_done = 0;
  std::size_t rollouts = 0;
};

struct RunnerOptions {
  int rollouts_in_flight = 128;                                 ///< whole groups; a larger group runs alone
  std::uint64_t drawn_at = 0;                                   ///< Group::drawn_at
  bool keep_answers = false;                                    ///< Rollout::answer is filled
  const std::atomic<bool>* stop = nullptr;                      ///< set: episodes under way are cancelled and run_rollouts ends
  std::function<void(const Progress& progress)> progress = {};  ///< after each rollout
};

/// One group for each item, in their order. Deterministic: one thread, simulated time, and chance from the items' seeds
/// alone; with live models as far as these are. A policy's errors are rollouts that failed; a failure that is nobody's decision (the
/// program's own, a stop) leaves them unscored. Errors: those of `task`; cancelled by the stop switch; config when a group has more
/// rollouts than the generator takes.
Result<std::vector<Group>> run_rollouts(std::span<const WorkItem> items, const RunnerParts& parts, const RunnerOptions& options = {});

}  // namespace xrouter::rollout
