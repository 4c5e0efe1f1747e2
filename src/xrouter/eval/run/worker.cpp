#include "xrouter/eval/run/worker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "xrouter/async/event.hpp"
#include "xrouter/base/rng.hpp"
#include "xrouter/engine/drive.hpp"
#include "xrouter/eval/hex.hpp"
#include "xrouter/eval/run/sample.hpp"

namespace xrouter::eval {
namespace {

using boost::asio::awaitable;

constexpr std::chrono::milliseconds kLookAgain{50};
constexpr std::chrono::milliseconds kMoment{1};

std::uint64_t episode_seed(std::uint64_t run_seed, const System& system, const std::string& task, const Question& question, int rollout) {
  return Rng(run_seed).fork(system.id).fork(task + "/" + question.qid, static_cast<std::uint64_t>(rollout)).next();
}

}  // namespace

Worker::Worker(const Shared& shared, std::size_t number)
    : shared_(shared),
      seed_(Rng(shared.options.seed).fork("worker", number).next()),
      real_timers_(shared.options.simulated_time ? nullptr : std::make_unique<AsioTimers>(io_)),
      timers_(real_timers_ ? static_cast<Timers&>(*real_timers_) : virtual_timers_) {}

Result<void> Worker::open() {
  auto host = shared_.inputs.make_host(io_, timers_, seed_);
  if (!host) return fail(host.error());
  host_ = std::move(*host);
  const WorkerContext context{.pool = host_->pool(), .timers = timers_, .configured = host_->configured()};
  for (const System& system : shared_.inputs.systems) {
    auto opened = system.open(context);
    if (!opened) return fail(opened.error().kind, "system " + system.id + ": " + opened.error().public_text, opened.error().internal_text);
    systems_.push_back(std::move(*opened));
  }
  return {};
}

std::string key_of(const RunInputs& inputs, const std::string& identity, const WorkItem& item) {
  const Question& question = inputs.questions.questions[item.question];
  const System& system = inputs.systems[item.system];
  return sample_key({.task = inputs.questions.benchmarks[question.task].spec.name,
                     .qid = question.qid,
                     .rollout = item.rollout,
                     .system = system.id,
                     .system_fingerprint = system.fingerprint,
                     .prompt_hash = question.prompt_hash,
                     .settings = identity,
                     .grader = inputs.grading.grader_of(item.question),
                     .run = inputs.identity});
}

awaitable<void> Worker::sample(WorkItem item) {
  const RunInputs& inputs = shared_.inputs;
  const Question& question = inputs.questions.questions[item.question];
  const System& system = inputs.systems[item.system];
  const std::string& task = inputs.questions.benchmarks[question.task].spec.name;
  const EpisodeFacts facts{
      .question = question, .rollout = item.rollout, .seed = episode_seed(shared_.options.seed, system, task, question, item.rollout)};
  const std::shared_ptr<Policy> policy = systems_[item.system]->policy_for(facts);
  Episode episode(spec_of(question, system, inputs.settings, inputs.offers.of(item.question)));
  const TimePoint begun = timers_.clock().now();
  SampleRecord record;
  std::optional<Error> error;
  std::string response;
  {
    ObserverList nobody({});
    CallScope scope(io_.get_executor(), timers_, Deadline::after(begun, episode.spec().limits.deadline), "eval");
    const ScopeList::Entry listed(scopes_, scope);
    const int samples = samples_of(shared_.options, inputs.questions.benchmarks[question.task].spec);
    const std::unique_ptr<ModelPool> own_pool = host_->episode_pool(item.rollout, samples);
    ModelPool& pool = own_pool ? *own_pool : host_->pool();
    const Outcome outcome = co_await drive(episode, *policy, pool, nobody, scope);
    record = sample_of(question, task, system, item.rollout, episode, outcome, timers_.clock().now() - begun);
    error = outcome.error;
    if (outcome.answer) response = outcome.answer->text();
  }
  co_await keep(item, std::move(record), std::move(error), std::move(response));
}

awaitable<void> Worker::keep(WorkItem item, SampleRecord record, std::optional<Error> error, std::string response) {
  const Question& question = shared_.inputs.questions.questions[item.question];
  record.key = key_of(shared_.inputs, shared_.identities[item.system], item);
  record.prompt_hash = hex16(question.prompt_hash);
  record.tries = item.tries + 1;
  if (error) {
    record.grade = {.status = status_without_answer(*error)};
    record.grade.reason = "the episode ended without an answer: " + record.error;
    record.grade.grader = shared_.inputs.grading.grader_of(item.question);
    response.clear();
  } else {
    record.response = hex16(fnv1a64(response, fnv1a64("response", response.size())));
    record.grade = co_await grade(item.question, response, Rng(shared_.options.seed).fork(record.key).next());
  }
  const GradeSample& verdict = record.grade;
  const bool retryable = is_retryable(verdict.status);
  shared_.work.finished(item, verdict.scored(), verdict.score, retryable, record.cost.known);
  shared_.folder.append(std::move(record), std::move(response));
}

awaitable<GradeSample> Worker::grade(std::size_t question, const std::string& response, std::uint64_t seed) {
  grade::GradeContext context = shared_.inputs.grading_context;
  if (!shared_.graders) co_return shared_.inputs.grading.grade(question, response, seed, context);
  GradeSample sample;
  std::exception_ptr failure;
  Event done(io_.get_executor());
  const auto work = [&] {
    try {
      sample = shared_.inputs.grading.grade(question, response, seed, context);
    } catch (...) {
      failure = std::current_exception();
    }
    boost::asio::post(io_, [&done] { done.set(); });
  };
  boost::asio::post(*shared_.graders, work);
  co_await done.wait();
  if (failure) std::rethrow_exception(failure);
  co_return sample;
}

// Starts samples while there is room. False when nothing will come any more.
bool Worker::fill() {
  while (under_way_ < shared_.options.concurrency && !failure_) {
    if (shared_.stop.stop) shared_.work.stop("interrupted");
    WorkItem item;
    const Work::Answer answer = shared_.work.take(item);
    all_given_out_ = answer == Work::Answer::finished;
    if (answer != Work::Answer::item) break;
    ++under_way_;
    boost::asio::co_spawn(io_, sample(item), [this](std::exception_ptr thrown) {
      if (thrown) failure_ = thrown;
      --under_way_;
      if (real_timers_) fill();
    });
  }
  if (shared_.stop.cancel) cancel_all();
  return under_way_ > 0 || !(all_given_out_ || failure_);
}

void Worker::cancel_all() {
  scopes_.cancel_all();
}

void Worker::run() {
  if (real_timers_)
    run_in_real_time();
  else
    run_simulated();
  if (failure_) std::rethrow_exception(failure_);
}

void Worker::run_simulated() {
  while (fill()) {
    io_.restart();
    io_.poll();
    const bool idle = !virtual_timers_.advance_to_next();
    // Nothing under way here: another worker's samples decide what comes.
    if (idle && under_way_ == 0) wait_a_moment();
  }
}

void Worker::wait_a_moment() {
  boost::asio::steady_timer moment(io_, kMoment);
  moment.async_wait([](const boost::system::error_code&) {});
  io_.restart();
  io_.run_one();
}

void Worker::run_in_real_time() {
  look_again_soon();
  io_.run();
}

// Keeps the worker alive while there may be more to do, and notices the stop switch.
void Worker::look_again_soon() {
  if (!fill()) return;
  timers_.schedule(timers_.clock().now() + kLookAgain, [this] { look_again_soon(); });
}

}  // namespace xrouter::eval
