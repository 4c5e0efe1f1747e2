#include "xrouter/trainer/trainer.hpp"

#include <gmock/gmock.h>

#include <stdexcept>
#include <thread>

#include "xrouter/trainer/stages/rewards.hpp"
#include "xrouter/trainer/toy_run_test.hpp"

namespace xrouter::trainer {
namespace {

using ::testing::HasSubstr;

/// Every process of a run as a thread: sums and gathers meet at a barrier.
class Threads {
 public:
  explicit Threads(int size) : size_(size), slots_(static_cast<std::size_t>(size)) {}

  class Rank final : public learner::Collective {
   public:
    Rank(Threads& all, int rank) : all_(all), rank_(rank) {}
    int rank() const override { return rank_; }
    int size() const override { return all_.size_; }
    Result<void> sum(std::span<float> values) override { return sum_of(values); }
    Result<void> sum(std::span<double> values) override { return sum_of(values); }
    Result<std::vector<std::string>> gather(const std::string& bytes) override { return all_.exchange(rank_, bytes); }

   private:
    template <class Number>
    Result<void> sum_of(std::span<Number> values) {
      const std::string own(reinterpret_cast<const char*>(values.data()), values.size_bytes());
      const std::vector<std::string> each = all_.exchange(rank_, own);
      std::fill(values.begin(), values.end(), Number{});
      for (const std::string& bytes : each) {
        EXPECT_EQ(bytes.size(), values.size_bytes()) << "the processes do not do the same";
        for (std::size_t i = 0; i < values.size(); ++i) {
          Number number{};
          std::memcpy(&number, bytes.data() + i * sizeof(Number), sizeof(Number));
          values[i] += number;
        }
      }
      return {};
    }
    Threads& all_;
    int rank_;
  };

 private:
  std::vector<std::string> exchange(int rank, std::string bytes) {
    std::unique_lock lock(mutex_);
    const std::uint64_t round = round_;
    slots_[static_cast<std::size_t>(rank)] = std::move(bytes);
    if (++arrived_ == size_) {
      given_ = slots_;
      arrived_ = 0;
      ++round_;
      all_here_.notify_all();
    } else {
      all_here_.wait(lock, [&] { return round_ != round; });
    }
    return given_;
  }

  int size_;
  std::mutex mutex_;
  std::condition_variable all_here_;
  std::vector<std::string> slots_, given_;
  int arrived_ = 0;
  std::uint64_t round_ = 0;
};

/// A whole run in one process, without a folder unless one is given.
struct ToyRun {
  explicit ToyRun(TrainConfig with) : config(std::move(with)) {}
  Result<TrainingEnd> run(RunFolder* folder = nullptr, bool resume = false) {
    Trainer trainer({.config = config, .learner = learner, .ranks = alone, .episodes = episodes, .folder = folder, .stop = &stop});
    if (resume)
      if (auto resumed = trainer.resume(); !resumed) return fail(resumed.error());
    auto end = trainer.run();
    baselines = trainer.baselines();
    rollbacks = trainer.state().rollbacks;
    skipped = trainer.state().skipped;
    return end;
  }
  TrainConfig config;
  ToyEpisodes episodes;
  learner::ToyLearner learner = toy_learner();
  learner::Alone alone;
  std::atomic<bool> stop{false};
  std::vector<ValidationBaseline> baselines;
  int rollbacks = 0;
  std::int64_t skipped = 0;
};

std::vector<StepMetrics> metrics_in(const std::filesystem::path& run) { return read_metrics(run / run_files::kMetrics).value(); }

TEST(Trainer, learns_to_spend_where_it_pays) {
  const TemporaryFolder folder;
  ToyRun toy(toy_config({"stages.dapo.steps=94", "loss.entropy_weight=0.02"}));
  const auto run = open_toy_folder(toy.config, folder.path() / "run", RunMode::fresh);
  const auto end = toy.run(run.get());
  ASSERT_TRUE(end) << end.error().describe();
  EXPECT_TRUE(end->finished);
  EXPECT_EQ(end->step, 100);
  const std::vector<StepMetrics> steps = metrics_in(folder.path() / "run");
  ASSERT_EQ(steps.size(), 100U);
  const double first = steps[6].find("reward/total").value(), last = steps.back().find("reward/total").value();
  EXPECT_GT(last, first + 0.03);
  const std::vector<ValidationPoint> points = validation_of(steps.back());
  ASSERT_EQ(points.size(), 2U);
  for (const ValidationPoint& point : points) {
    EXPECT_DOUBLE_EQ(point.accuracy, 1);         // both kinds of questions are right ...
    EXPECT_LT(point.cost_ratio, 0.7);            // ... for less than the strong model alone
    EXPECT_GT(point.hull_margin, 0.1);           // and no mixture of single models does that
  }
  ASSERT_EQ(toy.baselines.size(), 2U);
  EXPECT_EQ(toy.baselines.front().name, "cheap");
  EXPECT_DOUBLE_EQ(toy.baselines.front().accuracy, 0.5);
}

TEST(Trainer, a_run_that_was_killed_anywhere_ends_in_the_same_bits) {
  const TrainConfig config = toy_config({"stages.dapo.updates=2", "advantage.running_scale=true", "loss.entropy_weight=0.001"});
  ToyRun whole(config);
  const auto uninterrupted = whole.run();
  ASSERT_TRUE(uninterrupted) << uninterrupted.error().describe();
  const std::vector<float> expected = weights_of(whole.learner);
  Rng rng(7);
  for (int trial = 0; trial < 10; ++trial) {
    const TemporaryFolder folder;
    const std::filesystem::path path = folder.path() / "run";
    {
      ToyRun killed(config);
      killed.episodes.fail_at_play = 1 + static_cast<int>(rng.below(static_cast<std::uint64_t>(whole.episodes.plays())));
      const auto run = open_toy_folder(config, path, RunMode::fresh);
      EXPECT_FALSE(killed.run(run.get()));
    }
    ToyRun again(config);
    const auto run = open_toy_folder(config, path, RunMode::resume);
    const auto end = again.run(run.get(), true);
    ASSERT_TRUE(end) << end.error().describe();
    EXPECT_EQ(end->step, 30);
    EXPECT_EQ(weights_of(again.learner), expected);
    EXPECT_EQ(metrics_in(path).size(), 30U);
  }
}

TEST(Trainer, stops_behind_a_step_and_goes_on_from_there) {
  const TemporaryFolder folder;
  const TrainConfig config = toy_config();
  ToyRun whole(config);
  ASSERT_TRUE(whole.run());
  ToyRun first(config);
  first.stop = true;
  {
    const auto run = open_toy_folder(config, folder.path() / "run", RunMode::fresh);
    const auto end = first.run(run.get());
    ASSERT_TRUE(end);
    EXPECT_FALSE(end->finished);
    EXPECT_EQ(end->step, 1);
    EXPECT_EQ(run->latest()->step, 1);
  }
  ToyRun second(config);
  const auto run = open_toy_folder(config, folder.path() / "run", RunMode::resume);
  ASSERT_TRUE(second.run(run.get(), true));
  EXPECT_EQ(weights_of(second.learner), weights_of(whole.learner));
}

std::vector<float> weights_with_ranks(const TrainConfig& config, int size) {
  Threads all(size);
  std::vector<std::vector<float>> weights(static_cast<std::size_t>(size));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank)
    threads.emplace_back([&, rank] {
      ToyEpisodes episodes;
      learner::ToyLearner learner = toy_learner();
      Threads::Rank ranks(all, rank);
      Trainer trainer({.config = config, .learner = learner, .ranks = ranks, .episodes = episodes});
      const auto end = trainer.run();
      EXPECT_TRUE(end) << end.error().describe();
      weights[static_cast<std::size_t>(rank)] = weights_of(learner);
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<float>& each : weights) EXPECT_EQ(each, weights.front()) << "ranks differ from one another";
  return weights.front();
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, static_cast<double>(std::abs(a[i] - b[i])));
  return largest;
}

TEST(Trainer, the_number_of_processes_changes_nothing_but_rounding) {
  const TrainConfig config = toy_config({"stages.dapo.updates=2", "model.pack_tokens=32"});
  const std::vector<float> one = weights_with_ranks(config, 1);
  const std::vector<float> two = weights_with_ranks(config, 2);
  const std::vector<float> three = weights_with_ranks(config, 3);
  EXPECT_LT(largest_difference(one, two), 1e-4);
  EXPECT_LT(largest_difference(one, three), 1e-4);
}

TEST(Trainer, how_a_batch_is_cut_into_passes_changes_nothing_but_rounding) {
  ToyRun whole(toy_config());
  ToyRun cut(toy_config({"model.pack_tokens=1"}));
  ASSERT_TRUE(whole.run());
  ASSERT_TRUE(cut.run());
  EXPECT_LT(largest_difference(weights_of(whole.learner), weights_of(cut.learner)), 1e-4);
}

/// Gradients that are no numbers, at some steps; saving that fails, at others.
class Trouble final : public learner::Learner {
 public:
  explicit Trouble(learner::Learner& behind) : behind_(behind) {}
  const lm::ModelShape& shape() const override { return behind_.shape(); }
  std::int64_t trainable_parameters() const override { return behind_.trainable_parameters(); }
  learner::Scores score(const learner::TokenTree& tree) override { return behind_.score(tree); }
  learner::Scores score_reference(const learner::TokenTree& tree) override { return behind_.score_reference(tree); }
  learner::Scores accumulate(const learner::TokenTree& tree, const learner::LossGradient& loss) override {
    if (steps == throw_behind) throw std::runtime_error("the device is gone");
    return behind_.accumulate(tree, loss);
  }
  std::vector<std::span<float>> gradients() override { return behind_.gradients(); }
  learner::StepReport step(const learner::StepOptions& options) override {
    ++steps;
    rates.push_back(options.learning_rate);
    if (steps >= bad_from && steps < bad_to) behind_.gradients().front()[0] = std::nanf("");
    return behind_.step(options);
  }
  void clear_gradients() override { behind_.clear_gradients(); }
  Result<std::shared_ptr<lm::LanguageModel>> language_model() override { return behind_.language_model(); }
  Result<void> save(const std::filesystem::path& folder) override {
    if (++saves == fail_at_save) return fail(ErrorKind::io, "no space left on the device");
    return behind_.save(folder);
  }
  Result<void> load(const std::filesystem::path& folder) override { return behind_.load(folder); }
  Result<void> export_to(const std::filesystem::path& folder) override { return behind_.export_to(folder); }

  int steps = 0, bad_from = 0, bad_to = 0, saves = 0, fail_at_save = 0, throw_behind = -1;
  std::vector<double> rates;

 private:
  learner::Learner& behind_;
};

struct TroubledRun {
  explicit TroubledRun(const std::vector<std::string>& settings = {}) : config(toy_config(settings)) {}
  Result<TrainingEnd> run() {
    const auto run = open_toy_folder(config, folder.path() / "run", RunMode::fresh);
    Trainer trainer({.config = config, .learner = trouble, .ranks = alone, .episodes = episodes, .folder = run.get()});
    auto end = trainer.run();
    state = trainer.state();
    latest = run->latest();
    return end;
  }
  TrainConfig config;
  TemporaryFolder folder;
  ToyEpisodes episodes;
  learner::ToyLearner toy = toy_learner();
  Trouble trouble{toy};
  learner::Alone alone;
  TrainerState state;
  std::optional<Checkpoint> latest;
};

TEST(Trainer, a_gradient_that_is_no_number_is_skipped_and_counted) {
  TroubledRun run;
  run.trouble.bad_from = 12;
  run.trouble.bad_to = 14;
  const auto end = run.run();
  ASSERT_TRUE(end) << end.error().describe();
  EXPECT_EQ(run.state.skipped, 2);
  EXPECT_EQ(run.state.rollbacks, 0);
  for (const float weight : weights_of(run.toy)) EXPECT_TRUE(std::isfinite(weight));
}

TEST(Trainer, an_exception_of_the_tensor_library_ends_the_run_with_its_last_checkpoint) {
  TroubledRun run;
  run.trouble.throw_behind = 17;
  const auto end = run.run();
  ASSERT_FALSE(end);
  EXPECT_THAT(end.error().describe(), HasSubstr("the device is gone"));
  ASSERT_TRUE(run.latest);
  EXPECT_TRUE(verify_checkpoint(*run.latest));
}

TEST(Rewards, a_spread_of_costs_is_none_where_cost_counts_for_nothing) {
  rollout::Group group;
  rl::MemberGroup members;
  for (const double cost : {0.1, 0.9}) {
    group.rollouts.emplace_back().verdict = rollout::Verdict::right;
    members.emplace_back().scored = true;
    members.back().reward.cost_norm = cost;
  }
  EXPECT_EQ(facts_of(group, members, 1).cost_spread, 0);
  for (rollout::Rollout& rollout : group.rollouts) rollout.cost_weight = 1;
  EXPECT_DOUBLE_EQ(facts_of(group, members, 1).cost_spread, 0.8);
}

rl::MemberGroup members_with_scores(const std::vector<double>& scores) {
  rl::MemberGroup members;
  for (const double score : scores) members.emplace_back().reward.score = score;
  return members;
}

TEST(Rewards, partial_scores_that_differ_make_a_group_mixed_for_signal_alone) {
  rollout::Group group;
  for (int i = 0; i < 4; ++i) group.rollouts.emplace_back().verdict = rollout::Verdict::wrong;
  rl::MemberGroup members = members_with_scores({0, 0.5, 0.5, 0.9});
  members[3].scored = false;
  const auto kind = [&](rl::Admission admission) { return rl::kind_of(facts_of(group, members, 1, admission), 0.01); };
  EXPECT_EQ(kind(rl::Admission::signal), rl::GroupKind::mixed);
  EXPECT_EQ(kind(rl::Admission::mixed), rl::GroupKind::tied);
  const rl::GroupFacts facts = facts_of(group, members, 1, rl::Admission::signal);
  EXPECT_EQ(facts.right, 2);
  EXPECT_EQ(facts.wrong, 1);
  EXPECT_EQ(facts.unscored, 1);
  members = members_with_scores({0.5, 0.5, 0.5, 0.5});
  EXPECT_EQ(kind(rl::Admission::signal), rl::GroupKind::tied);
}

TEST(Trainer, a_run_whose_costs_cannot_be_measured_ends_in_words_and_keeps_its_checkpoint) {
  TroubledRun run;
  run.episodes.change = [](rollout::Rollout& rollout) { rollout.reference_cost = Usd::zero(); };
  const auto end = run.run();
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().kind, ErrorKind::config);
  EXPECT_THAT(end.error().public_text, HasSubstr("3 steps in a row, because 100 % of the rollouts cannot be scored"));
  EXPECT_THAT(end.error().public_text, HasSubstr("the reference of the reward is free"));
  EXPECT_EQ(metrics_in(run.folder.path() / "run").size(), 9U) << "six steps of warm start, three of dapo";
  ASSERT_TRUE(run.latest);
  EXPECT_EQ(run.latest->step, 6);
  EXPECT_TRUE(verify_checkpoint(*run.latest));
}

TEST(Trainer, a_run_whose_graders_all_fail_ends_in_words) {
  TroubledRun run;
  run.episodes.change = [](rollout::Rollout& rollout) { rollout.verdict = rollout::Verdict::unscored; };
  run.episodes.failures = 4;
  const auto end = run.run();
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().kind, ErrorKind::no_usable_answer);
  EXPECT_THAT(end.error().public_text, HasSubstr("no grader could judge the answer"));
  // Eight samples are two plays: shards are of four.
  EXPECT_EQ(metrics_in(run.folder.path() / "run").front().find("groups/grader_failures"), 8);
}

TEST(Trainer, steps_without_a_score_are_borne_when_others_come_between) {
  TroubledRun run;
  run.episodes.change = [&](rollout::Rollout& rollout) {
    if (run.episodes.plays() % 5 == 0) rollout.verdict = rollout::Verdict::unscored;
  };
  const auto end = run.run();
  EXPECT_TRUE(end) << end.error().describe();
}

TEST(Trainer, counts_what_every_episode_has_cost_also_behind_a_roll_back) {
  TroubledRun run;
  run.trouble.bad_from = 18;
  run.trouble.bad_to = 21;
  const auto end = run.run();
  ASSERT_TRUE(end) << end.error().describe();
  EXPECT_EQ(run.state.rollbacks, 1);
  EXPECT_EQ(run.state.spent, run.episodes.cost);
  EXPECT_EQ(run.state.rollouts, run.episodes.episodes);
  EXPECT_DOUBLE_EQ(metrics_in(run.folder.path() / "run").back().find("cost/spent_usd").value(), run.episodes.cost.to_double());
}

TEST(Trainer, gradients_that_stay_no_numbers_take_the_run_back_and_slow_it_down) {
  TroubledRun run;
  run.trouble.bad_from = 18;
  run.trouble.bad_to = 21;  // three in a row
  const auto end = run.run();
  ASSERT_TRUE(end) << end.error().describe();
  EXPECT_EQ(run.state.rollbacks, 1);
  EXPECT_EQ(run.state.learning_rate_scale, 0.5);
  EXPECT_DOUBLE_EQ(run.trouble.rates.back(), 0.025);
  EXPECT_GT(run.trouble.steps, 30) << "the steps behind the checkpoint are done again";
  const std::vector<StepMetrics> steps = metrics_in(run.folder.path() / "run");
  ASSERT_EQ(steps.size(), 30U) << "each step once";
}

TEST(Trainer, a_run_that_falls_apart_again_and_again_ends_with_its_last_good_checkpoint) {
  TroubledRun run({"alarms.max_rollbacks=2"});
  run.trouble.bad_from = 18;
  run.trouble.bad_to = 1000;
  const auto end = run.run();
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().kind, ErrorKind::no_usable_answer);
  EXPECT_THAT(end.error().public_text, HasSubstr("has gone back 2 times already"));
  ASSERT_TRUE(run.latest);
  EXPECT_TRUE(verify_checkpoint(*run.latest));
}

TEST(Trainer, signs_of_collapse_take_the_run_back) {
  // The toy learns to be sure of itself, which a limit on entropy calls a collapse.
  TroubledRun run({"alarms.min_entropy=0.65", "alarms.calm_steps=1", "alarms.patience=2", "alarms.max_rollbacks=1"});
  const auto end = run.run();
  ASSERT_FALSE(end);
  EXPECT_THAT(end.error().public_text, HasSubstr("entropy"));
  EXPECT_EQ(run.state.rollbacks, 1);
}

TEST(Trainer, a_full_disk_ends_the_run_and_leaves_the_checkpoints_whole) {
  TroubledRun run;
  run.trouble.fail_at_save = 3;
  const auto end = run.run();
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().kind, ErrorKind::io);
  EXPECT_THAT(end.error().public_text, HasSubstr("no space left"));
  EXPECT_THAT(end.error().public_text, HasSubstr("the checkpoint of step 5 is whole"));
  ASSERT_TRUE(run.latest);
  EXPECT_EQ(run.latest->step, 5);
  EXPECT_TRUE(verify_checkpoint(*run.latest));
}

TEST(Trainer, a_surplus_of_groups_waits_for_the_next_step_and_outlives_a_kill) {
  const std::vector<std::string> settings{"selection.groups=3", "selection.max_age=3"};
  ToyRun whole(toy_config(settings));
  const auto end = whole.run();
  ASSERT_TRUE(end) << end.error().describe();
  const TemporaryFolder folder;
  ToyRun killed(toy_config(settings));
  killed.episodes.fail_at_play = 27;  // behind some steps of dapo
  {
    const auto run = open_toy_folder(killed.config, folder.path() / "run", RunMode::fresh);
    EXPECT_FALSE(killed.run(run.get()));
    double buffered = 0;
    for (const StepMetrics& step : metrics_in(folder.path() / "run")) buffered += step.find("groups/buffered").value_or(0);
    EXPECT_GT(buffered, 0);
  }
  ToyRun again(toy_config(settings));
  const auto run = open_toy_folder(again.config, folder.path() / "run", RunMode::resume);
  ASSERT_TRUE(again.run(run.get(), true));
  EXPECT_EQ(weights_of(again.learner), weights_of(whole.learner));
}

}  // namespace
}  // namespace xrouter::trainer
