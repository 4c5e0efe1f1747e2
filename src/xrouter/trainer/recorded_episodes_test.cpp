#include "xrouter/trainer/recorded_episodes.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "xrouter/lm/toy_tokenizer.hpp"
#include "xrouter/rollout/group_bytes.hpp"
#include "xrouter/rollout/toy_rollouts_test.hpp"
#include "xrouter/trainer/stages/group_figures.hpp"
#include "xrouter/trainer/toy_run_test.hpp"

namespace xrouter::trainer {
namespace {

using rollout::Verdict;
using ::testing::HasSubstr;

constexpr int kQuestions = 16;

/// The same catalogue, one of whose models is not recorded.
std::shared_ptr<const ModelCatalog> with_live(const ModelCatalog& catalog, const std::string& id) {
  std::vector<ModelSpec> models(catalog.models().begin(), catalog.models().end());
  for (ModelSpec& model : models)
    if (model.id.value == id) model.upstream = "somewhere";
  return *ModelCatalog::make(std::move(models));
}

/// A network that answers at once.
class ScriptedModels final : public LiveModels {
 public:
  const rollout::LiveTime& time() const override { return time_; }
  ScriptedPool& pool() override { return pool_; }

 private:
  boost::asio::io_context io_{1};
  AsioTimers timers_{io_};
  rollout::LiveTime time_{.io = io_, .timers = timers_};
  ScriptedPool pool_;
};

/// The toys of the library rollout as a sample set on disk, asked by a router that writes the format compact.
struct ToySet {
  explicit ToySet(const std::vector<std::string>& settings = {}, const std::string& live_model = {}) : config(toy_config(settings)) {
    rollout::ToyRollouts toys(kQuestions);
    toys.catalog = with_live(*toys.catalog, live_model);
    std::ofstream file(folder.path() / "samples.jsonl");
    for (const samples::RouterSample& sample : toys.samples) file << samples::to_line(sample) << '\n';
    file.close();
    auto opened = samples::SampleSet::open((folder.path() / "samples.jsonl").string(), toys.corpus, toys.catalog);
    EXPECT_TRUE(opened) << opened.error().describe();
    set = *opened;
    outcomes = *rollout::OutcomeTable::make(*toys.corpus, *toys.catalog);
    router.name = "toy";
    router.format = *chat_format::ChatFormat::named("compact");
    router.tokenizer = std::make_shared<lm::ToyTokenizer>(
        lm::ToyTokenizer::default_pieces(), std::vector<std::string>{"<|end|>", "<|begin|>", "<|tool|>", "<|system|>", "<|user|>", "<|result|>",
                                                                     "<|assistant|>", "<|answer|>", "<|call|>", "<|final|>", "<|args|>"});
    router.end_tokens = router.format->end_tokens(*router.tokenizer);
    router.vocabulary = grammar::Vocabulary::make(router.tokenizer, router.end_tokens);
  }
  Result<std::unique_ptr<RecordedEpisodes>> make(LiveModels* live = nullptr, std::shared_ptr<replay::ReplayMemory> replay = {}) const {
    return RecordedEpisodes::make({.config = config,
                                   .router = router,
                                   .train = set,
                                   .validation = set,
                                   .outcomes = outcomes,
                                   .registry = grade::builtin_registry(),
                                   .live = live,
                                   .replay = std::move(replay)});
  }
  learner::ToyLearner learner() const {
    learner::ToyLearnerOptions options;
    options.vocab = static_cast<int>(router.tokenizer->size());
    options.max_positions = 20'000;
    options.bag = false;
    return learner::ToyLearner(options);
  }
  TrainConfig config;
  TemporaryFolder folder;
  std::shared_ptr<const samples::SampleSet> set;
  std::shared_ptr<const rollout::OutcomeTable> outcomes;
  RouterParts router;
};

std::vector<rollout::WorkItem> items(int rollouts) {
  std::vector<rollout::WorkItem> all;
  for (std::size_t i = 0; i < 4; ++i) all.push_back({.sample = i, .cost_weight = 1, .rollouts = rollouts, .seed = i});
  return all;
}

TEST(RecordedEpisodes, the_same_weights_and_items_give_the_same_groups_and_choices_of_these_weights) {
  const ToySet toy;
  const auto episodes = toy.make().value();
  learner::ToyLearner learner = toy.learner();
  const auto model = learner.language_model().value();
  const auto first = episodes->play(model, items(4), {.version = "v"});
  const auto second = episodes->play(model, items(4), {.version = "v"});
  ASSERT_TRUE(first) << first.error().describe();
  EXPECT_EQ(rollout::encode_groups(*first), rollout::encode_groups(*second));
  int choices = 0;
  for (const rollout::Group& group : *first)
    for (const rollout::Rollout& rollout : group.rollouts) {
      EXPECT_NE(rollout.verdict, Verdict::unscored);
      const std::vector<learner::TokenSequence> sequences{rollout.trajectory.sequence};
      if (sequences[0].choices.empty()) continue;
      const learner::Scores scores = learner.score(learner::make_tree(sequences));
      ASSERT_EQ(scores.logprobs.size(), rollout.trajectory.logprobs.size());
      for (std::size_t i = 0; i < scores.logprobs.size(); ++i) EXPECT_NEAR(scores.logprobs[i], static_cast<double>(rollout.trajectory.logprobs[i]), 1e-4);
      choices += static_cast<int>(scores.logprobs.size());
    }
  EXPECT_GT(choices, 16);
}

TEST(RecordedEpisodes, live_models_are_asked_once_and_replayed_afterwards) {
  const ToySet toy({}, "strong");
  learner::ToyLearner learner = toy.learner();
  const auto model = learner.language_model().value();
  const std::string file = (toy.folder.path() / "calls.db").string();
  ScriptedModels live;
  const auto play = [&](replay::ReplayMode mode) {
    auto memory = replay::open_memory(file, {.mode = mode});
    EXPECT_TRUE(memory) << memory.error().describe();
    auto groups = toy.make(&live, *memory).value()->play(model, items(4), {.version = "v"});
    EXPECT_TRUE(groups) << groups.error().describe();
    return groups ? std::move(*groups) : std::vector<rollout::Group>();
  };
  const auto asked = play(replay::ReplayMode::replay);
  const std::size_t calls = live.pool().calls().size();
  EXPECT_GT(calls, 0U);
  const auto replayed = play(replay::ReplayMode::strict);
  EXPECT_EQ(live.pool().calls().size(), calls);
  ASSERT_EQ(asked.size(), replayed.size());
  for (std::size_t g = 0; g < asked.size(); ++g)
    for (std::size_t i = 0; i < asked[g].rollouts.size(); ++i) {
      const rollout::Rollout &first = asked[g].rollouts[i], &again = replayed[g].rollouts[i];
      EXPECT_EQ(first.trajectory.sequence.tokens, again.trajectory.sequence.tokens);
      EXPECT_EQ(first.calls, again.calls);
      EXPECT_EQ(first.target_cost, again.target_cost);
      EXPECT_EQ(first.verdict, again.verdict);
    }
}

TEST(RecordedEpisodes, a_teacher_writes_trajectories_that_can_be_learned) {
  const ToySet toy;
  const auto episodes = toy.make().value();
  const auto groups = episodes->teach(items(1), {.version = "teacher"});
  ASSERT_TRUE(groups) << groups.error().describe();
  for (const rollout::Group& group : *groups) {
    ASSERT_EQ(group.rollouts.size(), 1U);
    EXPECT_FALSE(group.rollouts[0].trajectory.sequence.choices.empty());
    EXPECT_EQ(group.rollouts[0].trajectory.policy_version, "toy@teacher");
  }
}

TEST(RecordedEpisodes, knows_what_single_models_do_by_the_graders_of_the_project) {
  const ToySet toy;
  const auto episodes = toy.make().value();
  const auto results = episodes->recorded(SampleUse::validation, 1);  // an odd number: only the strong model is right
  ASSERT_EQ(results.size(), 3U);
  EXPECT_FALSE(results[0].right);
  EXPECT_FALSE(results[1].right);
  EXPECT_TRUE(results[2].right);
  EXPECT_GT(results[2].cost, results[0].cost);
  EXPECT_EQ(episodes->benchmark(SampleUse::train, 0), "toy");
}

TEST(RecordedEpisodes, a_reference_that_the_catalogue_lacks_is_refused) {
  const ToySet toy({"reward.reference=nobody"});
  const auto episodes = toy.make();
  ASSERT_FALSE(episodes);
  EXPECT_THAT(episodes.error().public_text, HasSubstr("reward.reference: the catalogue has no model 'nobody'"));
}

TEST(RecordedEpisodes, an_unknown_grader_is_refused_before_anything_is_played) {
  AnswerGrading grading(grade::builtin_registry());
  corpus::Record record = rollout::toy_record(1);
  record.question.grader = "oracle";
  const auto added = grading.add(record);
  ASSERT_FALSE(added);
  EXPECT_THAT(added.error().public_text, HasSubstr("question toy/1"));
}

TEST(RecordedEpisodes, recorded_labels_judge_where_there_is_no_grader) {
  AnswerGrading grading(grade::builtin_registry());
  corpus::Record record = rollout::toy_record(2);
  record.question.grader = "recorded_label_only";
  ASSERT_TRUE(grading.add(record));
  EXPECT_EQ(grading.grade(record.question, record.outcomes[0].response).verdict, Verdict::wrong);
  EXPECT_EQ(grading.grade(record.question, record.outcomes[2].response).verdict, Verdict::right);
  EXPECT_EQ(grading.grade(record.question, "something else").verdict, Verdict::unscored);
}

/// Fails the first times that it is asked.
class ShakyGrader final : public grade::Grader {
 public:
  ShakyGrader(int& asked, int failures) : asked_(asked), failures_(failures) {}
  grade::GraderInfo info() const override { return {.id = {.name = "shaky"}}; }
  Result<void> validate(const grade::Value&, const grade::Value&) const override { return {}; }

 private:
  grade::GradeResult do_grade(const grade::GradeRequest&, grade::GradeContext&) const override {
    if (++asked_ <= failures_) return grade::ungraded(grade::GradeStatus::infrastructure_error, "out of breath");
    return grade::graded(true);
  }
  int& asked_;
  int failures_;
};

struct ShakyGrading {
  explicit ShakyGrading(int failures)
      : registry(*grade::Registry::make({{.key = "shaky",
                                          .match = grade::Match::exact,
                                          .make = [this, failures](const grade::Dialect&, std::string_view) { return std::make_unique<ShakyGrader>(asked, failures); },
                                          .about = "for tests"}})) {
    record.question.grader = "shaky";
    EXPECT_TRUE(grading.add(record));
  }
  Verdict verdict() { return grading.grade(record.question, "an answer").verdict; }
  int asked = 0;
  corpus::Record record = rollout::toy_record(1);
  grade::Registry registry;
  AnswerGrading grading{registry};
};

TEST(AnswerGrading, asks_a_grader_that_fails_once_more) {
  ShakyGrading shaky(1);
  EXPECT_EQ(shaky.verdict(), Verdict::right);
  EXPECT_EQ(shaky.grading.failures(), 1U);
  EXPECT_EQ(shaky.verdict(), Verdict::right);
  EXPECT_EQ(shaky.asked, 2) << "a verdict is remembered";
}

TEST(AnswerGrading, does_not_remember_that_a_grader_failed) {
  ShakyGrading shaky(2);
  EXPECT_EQ(shaky.verdict(), Verdict::unscored);
  EXPECT_EQ(shaky.grading.failures(), 2U);
  EXPECT_EQ(shaky.verdict(), Verdict::right);
}

TEST(RecordedEpisodes, a_router_without_a_clue_learns_from_its_episodes) {
  const ToySet toy({"reward.reference=strong", "stages.warm_start.steps=6", "stages.warm_start.batch=8", "stages.warm_start.learning_rate=0.1",
                    "stages.dapo.steps=12", "stages.dapo.batch=4", "stages.dapo.learning_rate=0.1", "selection.groups=4", "rollout.group_size=4",
                    "cost_weight.values=[4]", "validation.cost_weights=[4]", "validation.samples=2", "validation.every=0"});
  const auto episodes = toy.make().value();
  learner::ToyLearner learner = toy.learner();
  learner::Alone alone;
  const TemporaryFolder folder;
  const auto run = open_toy_folder(toy.config, folder.path() / "run", RunMode::fresh);
  Trainer trainer({.config = toy.config, .learner = learner, .ranks = alone, .episodes = *episodes, .folder = run.get()});
  const auto end = trainer.run();
  ASSERT_TRUE(end) << end.error().describe();
  const std::vector<StepMetrics> steps = read_metrics(folder.path() / "run" / run_files::kMetrics).value();
  EXPECT_LT(steps[5].find("loss/nll").value(), steps[0].find("loss/nll").value());
  const auto mean_reward = [&](std::size_t from, std::size_t to) {
    double sum = 0;
    for (std::size_t i = from; i < to; ++i) sum += steps[i].find("reward/total").value();
    return sum / static_cast<double>(to - from);
  };
  EXPECT_GT(mean_reward(14, 18), mean_reward(6, 10) + 0.02);
  EXPECT_LT(steps.back().find("policy/mismatch_kl").value(), 1e-6);
}

}  // namespace
}  // namespace xrouter::trainer
