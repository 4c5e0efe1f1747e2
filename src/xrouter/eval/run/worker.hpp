// One thread of a run: an io_context, a clock, some episodes under way.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <vector>

#include "xrouter/async/scope_list.hpp"
#include "xrouter/async/virtual_time.hpp"
#include "xrouter/eval/run/runner.hpp"

namespace xrouter::eval {

/// The key of an item's sample. `identity`: of its system.
std::string key_of(const RunInputs& inputs, const std::string& identity, const WorkItem& item);

/// Made and used on one thread.
class Worker {
 public:
  struct Shared {
    const RunInputs& inputs;
    const RunOptions& options;
    const std::vector<std::string>& identities;  ///< of each system: settings text for sample keys
    Work& work;
    RunFolder& folder;
    const StopSwitch& stop;
    boost::asio::thread_pool* graders;  ///< null: grade on this thread
  };
  Worker(const Shared& shared, std::size_t number);

  /// Opens host and systems. Errors: theirs.
  Result<void> open();
  /// Until nothing is left. Rethrows what an episode threw: a bug.
  void run();

 private:
  boost::asio::awaitable<void> sample(WorkItem item);
  boost::asio::awaitable<void> keep(WorkItem item, SampleRecord record, std::optional<Error> error, std::string response);
  boost::asio::awaitable<GradeSample> grade(std::size_t question, const std::string& response, std::uint64_t seed);
  bool fill();
  void look_again_soon();
  void cancel_all();
  void run_simulated();
  void wait_a_moment();
  void run_in_real_time();

  Shared shared_;
  std::uint64_t seed_;
  boost::asio::io_context io_{1};
  VirtualTimers virtual_timers_;
  std::unique_ptr<AsioTimers> real_timers_;
  Timers& timers_;
  std::unique_ptr<WorkerHost> host_;
  std::vector<std::unique_ptr<SystemWorker>> systems_;
  ScopeList scopes_;
  int under_way_ = 0;
  bool all_given_out_ = false;
  std::exception_ptr failure_;
};

}  // namespace xrouter::eval
