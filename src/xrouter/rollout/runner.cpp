#include "xrouter/rollout/runner.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>

#include "xrouter/async/scope_list.hpp"
#include "xrouter/engine/drive.hpp"
#include "xrouter/policy_lm/local_policy.hpp"
#include "xrouter/rollout/measure.hpp"

namespace xrouter::rollout {
namespace {

using boost::asio::awaitable;

constexpr std::chrono::milliseconds kLookAtStopEvery{100};

/// A group under way.
struct Running {
  const WorkItem& item;
  std::shared_ptr<const Task> task;
  Group& group;
};

class Runner {
 public:
  Runner(std::span<const WorkItem> items, const RunnerParts& parts, const RunnerOptions& options)
      : items_(items),
        parts_(parts),
        options_(options),
        groups_(items.size()),
        timers_(parts.live ? parts.live->timers : simulated_timers_),
        io_(parts.live ? parts.live->io : simulated_io_) {
    for (const WorkItem& item : items) progress_.rollouts += static_cast<std::size_t>(std::max(item.rollouts, 0));
  }

  Result<std::vector<Group>> run();

 private:
  Result<void> check() const;
  void start_groups();
  void start(std::size_t index);
  bool has_room_for(int rollouts) const { return under_way_ == 0 || under_way_ + rollouts <= options_.rollouts_in_flight; }
  awaitable<void> episode(std::shared_ptr<Running> running, int index);
  void grade(const Task& task, const Outcome& outcome, Rollout& rollout) const;
  bool proceed();
  void cancel_when_stopped();

  std::span<const WorkItem> items_;
  const RunnerParts& parts_;
  const RunnerOptions& options_;
  std::vector<Group> groups_;
  Progress progress_;

  VirtualTimers simulated_timers_;  // outlives what the context destroys, as does the list of scopes
  ScopeList scopes_;
  boost::asio::io_context simulated_io_{1};
  Timers& timers_;
  boost::asio::io_context& io_;
  std::size_t next_ = 0;
  int under_way_ = 0;
  bool stopped_ = false;
  std::optional<Error> error_;
  std::exception_ptr failure_;
};

Result<void> Runner::check() const {
  if (!parts_.generator) return {};
  const std::size_t capacity = parts_.generator->capacity();
  const auto largest =
      std::max_element(items_.begin(), items_.end(), [](const WorkItem& a, const WorkItem& b) { return a.rollouts < b.rollouts; });
  const auto wanted = static_cast<std::size_t>(std::max(options_.rollouts_in_flight, largest == items_.end() ? 0 : largest->rollouts));
  if (wanted > capacity)
    return fail(ErrorKind::config,
                std::to_string(wanted) + " rollouts at once are more than the " + std::to_string(capacity) + " that the generator takes");
  return {};
}

void Runner::start_groups() {
  while (!error_ && !failure_ && !stopped_ && next_ < items_.size() && has_room_for(items_[next_].rollouts)) start(next_++);
}

void Runner::start(std::size_t index) {
  const WorkItem& item = items_[index];
  auto task = parts_.task(item.sample);
  if (!task) return void(error_ = task.error());
  Group& group = groups_[index];
  group.sample = item.sample;
  group.drawn_at = options_.drawn_at;
  group.rollouts.resize(static_cast<std::size_t>(std::max(item.rollouts, 0)));
  const auto running = std::make_shared<Running>(Running{.item = item, .task = std::move(*task), .group = group});
  for (int i = 0; i < item.rollouts; ++i) {
    ++under_way_;
    boost::asio::co_spawn(io_, episode(running, i), [this](std::exception_ptr thrown) {
      if (thrown) failure_ = thrown;
      --under_way_;
    });
  }
}

awaitable<void> Runner::episode(std::shared_ptr<Running> running, int index) {
  const Task& task = *running->task;
  const EpisodeFacts facts{.task = task,
                           .cost_weight = running->item.cost_weight,
                           .index = index,
                           .rng = Rng(running->item.seed).fork("rollout", static_cast<std::uint64_t>(index))};
  const std::unique_ptr<Policy> policy = parts_.policy(facts);
  EpisodeSpec spec = task.spec;
  spec.cost_weight = running->item.told.value_or(facts.cost_weight);
  Episode episode(std::move(spec));
  const TimePoint begun = timers_.clock().now();
  ObserverList nobody({});
  CallScope scope(io_.get_executor(), timers_, Deadline::after(begun, episode.spec().limits.deadline), "rollout");
  const ScopeList::Entry listed(scopes_, scope);
  const std::unique_ptr<ModelPool> own_pool = parts_.rollout_pool ? parts_.rollout_pool(index, running->item.rollouts) : nullptr;
  ModelPool& pool = own_pool ? *own_pool : parts_.pool;
  const Outcome outcome = co_await drive(episode, *policy, pool, nobody, scope);
  const std::chrono::duration<double> seconds = timers_.clock().now() - begun;
  Rollout rollout = measured(task, episode, outcome, seconds.count());
  rollout.index = index;
  rollout.cost_weight = facts.cost_weight;
  grade(task, outcome, rollout);
  running->group.rollouts[static_cast<std::size_t>(index)] = std::move(rollout);
  ++progress_.rollouts_done;
  if (options_.progress) options_.progress(progress_);
}

void Runner::grade(const Task& task, const Outcome& outcome, Rollout& rollout) const {
  if (outcome.error) {
    rollout.verdict = verdict_without_answer(*outcome.error);
    return;
  }
  std::string answer = outcome.answer->text();
  const Graded graded = parts_.grade(task.question, answer);
  rollout.verdict = graded.verdict;
  rollout.score = graded.verdict == Verdict::unscored ? 0 : graded.score;
  if (options_.keep_answers) rollout.answer = std::move(answer);
}

void Runner::cancel_when_stopped() {
  if (stopped_ || !options_.stop || !*options_.stop) return;
  stopped_ = true;
  scopes_.cancel_all();
}

// What is ready first, then a pass of the model, which takes no simulated time, then the next timer.
bool Runner::proceed() {
  io_.restart();
  if (io_.poll() > 0) return true;
  if (parts_.generator && parts_.generator->busy()) return parts_.generator->step(), true;
  if (!parts_.live) return simulated_timers_.advance_to_next();
  io_.run_one_for(kLookAtStopEvery);
  return true;
}

Result<std::vector<Group>> Runner::run() {
  if (auto checked = check(); !checked) return fail(checked.error());
  do {
    cancel_when_stopped();
    start_groups();
  } while (under_way_ > 0 && proceed());
  if (failure_) std::rethrow_exception(failure_);
  if (under_way_ > 0) return fail(ErrorKind::internal, "rollouts wait for what never comes");
  if (error_) return fail(*error_);
  if (stopped_) return fail(ErrorKind::cancelled, "the rollouts were stopped");
  return std::move(groups_);
}

}  // namespace

std::uint64_t seed_of(std::uint64_t run_seed, std::uint64_t step, std::string_view sample, std::uint64_t draw) {
  return Rng(run_seed).fork("step", step).fork(sample, draw).next();
}

MakePolicy local_policies(std::shared_ptr<const policy_lm::RouterModel> model, double temperature) {
  return [model = std::move(model), temperature](const EpisodeFacts& facts) -> std::unique_ptr<Policy> {
    policy_lm::LocalOptions options;
    options.temperature = temperature;
    options.report_alternatives = false;
    options.timeout = std::chrono::hours(1);  // hundreds wait for each other here: that is no fault of a decision
    return std::make_unique<policy_lm::LocalPolicy>(model, facts.rng, options);
  };
}

Result<std::vector<Group>> run_rollouts(std::span<const WorkItem> items, const RunnerParts& parts, const RunnerOptions& options) {
  return Runner(items, parts, options).run();
}

}  // namespace xrouter::rollout
