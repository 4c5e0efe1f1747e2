// Runs every system on every question: the only loop of an evaluation.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "xrouter/eval/run/grading.hpp"
#include "xrouter/eval/run/run_folder.hpp"
#include "xrouter/eval/run/setting.hpp"
#include "xrouter/eval/run/work.hpp"

namespace xrouter::eval {

/// The outside of one worker. Used on its thread only; destroyed before its timers.
class WorkerHost {
 public:
  virtual ~WorkerHost() = default;
  virtual ModelPool& pool() = 0;
  /// A pool for one episode alone, which is the `sample`th of `samples` of its question; null: pool().
  virtual std::unique_ptr<ModelPool> episode_pool([[maybe_unused]] int sample, [[maybe_unused]] int samples) { return nullptr; }
  /// The policy of the configuration; may be null.
  virtual Policy* configured() { return nullptr; }
};
using MakeHost = std::function<Result<std::unique_ptr<WorkerHost>>(boost::asio::io_context& io, Timers& timers, std::uint64_t seed)>;

struct RunOptions {
  std::uint64_t seed = 1;
  int samples = 0;                 ///< a question; 0 = what the benchmark says
  int workers = 1;                 ///< threads
  int concurrency = 16;            ///< samples under way in each worker
  int retries = 2;                 ///< of an unscored sample
  std::optional<Usd> budget = {};  ///< of the whole run, earlier attempts included
  /// Time is computed, not waited for: recorded latencies come out the same on every machine. For
  /// runs without live models only. Otherwise replies are graded on threads of their own.
  bool simulated_time = true;
};

struct RunInputs {
  const QuestionSet& questions;
  const std::vector<System>& systems;
  const Grading& grading;
  const EpisodeSettings& settings;
  const Offers& offers;
  std::string identity;  ///< configuration hash and the like: part of every sample's key
  grade::GradeContext grading_context = {};
  MakeHost make_host;
};

/// Set by a signal handler or another thread.
struct StopSwitch {
  std::atomic<bool> stop{false};    ///< start nothing new
  std::atomic<bool> cancel{false};  ///< and end what is under way
};

/// Called about ten times a second on the calling thread, and at the end.
using ShowProgress = std::function<void(const Progress& progress)>;

struct RunEnd {
  bool complete = true;         ///< every sample has a final result
  std::string stopped_by = {};  ///< "budget", "interrupted"
  Progress progress = {};
  std::size_t done_before = 0;  ///< samples that earlier attempts had made
};

/// Blocks until all is done or stopped; everything made is in the folder then. Errors: those of
/// opening a system or host; io of the folder.
Result<RunEnd> run(const RunInputs& inputs, const RunOptions& options, RunFolder& folder, const StopSwitch& stop,
                   const ShowProgress& show = {});

/// The number of samples of a question in this run.
int samples_of(const RunOptions& options, const BenchmarkSpec& spec);

}  // namespace xrouter::eval
