#include "xrouter/eval/run/runner.hpp"

#include <fmt/format.h>

#include <condition_variable>
#include <thread>
#include <unordered_map>

#include "xrouter/eval/run/sample.hpp"
#include "xrouter/eval/run/worker.hpp"

namespace xrouter::eval {
namespace {

constexpr std::chrono::milliseconds kShowEvery{100};

std::vector<std::string> identities_of(const RunInputs& inputs, const RunOptions& options) {
  std::vector<std::string> out;
  for (const System& system : inputs.systems) {
    std::string text = fmt::format("seed {} {}", options.seed, inputs.settings.text());
    if (system.cost_weight) text += fmt::format(" own weight {}", *system.cost_weight);
    for (const ModelId& model : system.models) text += " " + model.value;
    out.push_back(std::move(text));
  }
  return out;
}

// Everything there is to do, question by question, so that a run that stops has asked all systems
// the same; without what is done already.
struct ToDo {
  std::vector<WorkItem> items;
  Progress before;
};

ToDo to_do(const RunInputs& inputs, const RunOptions& options, const std::vector<std::string>& identities, const EarlierSamples& earlier) {
  std::unordered_map<std::string_view, const SampleRecord*> earlier_by_key;
  for (const SampleRecord& record : earlier.records) earlier_by_key.emplace(record.key, &record);
  ToDo out;
  out.before.spent = earlier.spent;
  const auto add = [&](const WorkItem& item) {
    ++out.before.total;
    const auto it = earlier.records.empty() ? earlier_by_key.end() : earlier_by_key.find(key_of(inputs, identities[item.system], item));
    if (it == earlier_by_key.end() || is_retryable(it->second->grade.status)) return out.items.push_back(item);
    const GradeSample& grade = it->second->grade;
    ++out.before.done;
    ++(grade.scored() ? out.before.scored : out.before.unscored);
    out.before.score_sum += grade.score;
  };
  for (std::size_t q = 0; q < inputs.questions.questions.size(); ++q)
    for (int rollout = 0; rollout < samples_of(options, inputs.questions.benchmarks[inputs.questions.questions[q].task].spec); ++rollout)
      for (std::size_t s = 0; s < inputs.systems.size(); ++s)
        if (inputs.offers.applicable(q, inputs.systems[s])) add({.question = q, .system = s, .rollout = rollout});
  return out;
}

// The threads of a run and what went wrong in them.
class Crew {
 public:
  Crew(const Worker::Shared& shared, int workers) : running_(workers) {
    for (int i = 0; i < workers; ++i) threads_.emplace_back([this, shared, i] { work(shared, static_cast<std::size_t>(i)); });
  }
  ~Crew() {
    for (std::thread& thread : threads_) thread.join();
  }
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  /// True when all have ended.
  bool wait(std::chrono::milliseconds longest) {
    std::unique_lock guard(mutex_);
    return changed_.wait_for(guard, longest, [&] { return ended_ == running_; });
  }
  std::optional<Error> error() {
    const std::lock_guard guard(mutex_);
    if (failure_) std::rethrow_exception(failure_);
    return error_;
  }

 private:
  void work(const Worker::Shared& shared, std::size_t number) {
    try {
      Worker worker(shared, number);
      auto opened = worker.open();
      if (opened) worker.run();
      end(opened ? std::nullopt : std::optional(opened.error()), nullptr, shared.work);
    } catch (...) {
      end(std::nullopt, std::current_exception(), shared.work);
    }
  }
  void end(std::optional<Error> error, std::exception_ptr failure, Work& work) {
    if (error || failure) work.stop("failed");
    const std::lock_guard guard(mutex_);
    if (error && !error_) error_ = std::move(error);
    if (failure && !failure_) failure_ = failure;
    ++ended_;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  const int running_;
  int ended_ = 0;
  std::optional<Error> error_;
  std::exception_ptr failure_;
  std::vector<std::thread> threads_;
};

}  // namespace

int samples_of(const RunOptions& options, const BenchmarkSpec& spec) { return options.samples > 0 ? options.samples : spec.samples; }

Result<RunEnd> run(const RunInputs& inputs, const RunOptions& options, RunFolder& folder, const StopSwitch& stop,
                   const ShowProgress& show) {
  const std::vector<std::string> identities = identities_of(inputs, options);
  ToDo todo = to_do(inputs, options, identities, folder.earlier());
  Work work(std::move(todo.items), todo.before, {.budget = options.budget, .retries = options.retries});
  std::unique_ptr<boost::asio::thread_pool> graders;
  if (!options.simulated_time) graders = std::make_unique<boost::asio::thread_pool>(static_cast<std::size_t>(options.workers));
  const Worker::Shared shared{inputs, options, identities, work, folder, stop, graders.get()};
  {
    Crew crew(shared, options.workers);
    while (!crew.wait(kShowEvery))
      if (show) show(work.progress());
    if (const auto error = crew.error()) return fail(*error);
  }
  if (auto flushed = folder.flush(); !flushed) return fail(flushed.error());
  if (show) show(work.progress());
  const Progress progress = work.progress();
  return RunEnd{
      .complete = progress.done == progress.total, .stopped_by = work.stopped_by(), .progress = progress, .done_before = todo.before.done};
}

}  // namespace xrouter::eval
