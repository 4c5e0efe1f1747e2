// The shipped benchmark descriptions, and a run over the shipped recorded answers.
#include <gmock/gmock.h>

#include "xrouter/config/load.hpp"
#include "xrouter/eval/load/benchmark_file.hpp"
#include "xrouter/eval/load/questions.hpp"
#include "xrouter/eval/test_support.hpp"
#include "xrouter/recorded/recorded_pool.hpp"
#include "xrouter/sandbox/sandbox.hpp"

namespace xrouter::eval {
namespace {

const std::string kRoot = XROUTER_SOURCE_DIR;

std::string told(const QuestionSet& set, const std::vector<QuestionFault>& faults) {
  std::string out;
  for (const QuestionFault& fault : faults) {
    const Question& question = set.questions[fault.question];
    out += set.benchmarks[question.task].spec.name + " " + question.qid + ": " + fault.what + "\n";
  }
  return out;
}

// A made-up question in the published layout of every benchmark's file stands beside the vectors.
TEST(ShippedBenchmarks, gold_scores_one_and_an_empty_reply_zero_on_a_line_of_each) {
  const auto specs = load_benchmarks(kRoot + "/data/benchmarks");
  ASSERT_TRUE(specs) << specs.error().describe();
  QuestionSet set;
  for (const BenchmarkSpec& spec : *specs) {
    if (spec.loader == Loader::recorded) continue;
    const auto added = add_benchmark(set, {.spec = spec, .file = kRoot + "/tests/vectors/benchmarks/" + spec.name + ".jsonl"}, nullptr, {});
    EXPECT_TRUE(added) << added.error().describe();
  }
  EXPECT_GE(set.benchmarks.size(), 29U);
  const auto grading = Grading::make(set, grade::builtin_registry(), grade::strict());
  ASSERT_TRUE(grading) << grading.error().describe();
  const auto sandbox = sandbox::make_sandbox();  // where this machine has none, programs are not run
  grade::GradeContext context{.sandbox = sandbox ? sandbox->get() : nullptr};
  const auto faults = (*grading)->check(context);
  EXPECT_TRUE(faults.empty()) << told(set, faults);
}

struct Recorded {
  std::shared_ptr<const config::Config> config;
  std::shared_ptr<const corpus::Corpus> corpus;
  QuestionSet set;
};

Recorded recorded(const LoadOptions& options) {
  config::LoadOptions where;
  where.data_dir = kRoot + "/data";
  Recorded out{.config = *config::default_config(where), .corpus = nullptr, .set = {}};
  out.corpus = *(*corpus::Corpus::open(*corpus::corpus_files_in(kRoot + "/data/recorded")))->unpacked();
  const auto specs = *load_benchmarks(kRoot + "/data/benchmarks");
  for (const char* name : {"zeroeval", "mmlu_pro"}) {
    const auto added = add_benchmark(out.set, {.spec = *find_benchmark(specs, name), .file = {}}, out.corpus.get(), options);
    EXPECT_TRUE(added) << added.error().describe();
  }
  return out;
}

TEST(ShippedBenchmarks, every_recorded_gold_scores_one_and_every_empty_reply_zero) {
  const Recorded shipped = recorded({.split = "all"});
  EXPECT_EQ(shipped.set.questions.size(), 1979U + 6561U);
  const auto grading = Grading::make(shipped.set, grade::builtin_registry(), grade::strict());
  ASSERT_TRUE(grading) << grading.error().describe();
  grade::GradeContext context;
  const auto faults = (*grading)->check(context);
  EXPECT_TRUE(faults.empty()) << faults.size() << " faults\n"
                              << told(shipped.set, {faults.begin(), faults.begin() + std::min<std::ptrdiff_t>(20, std::ssize(faults))});
}

class RecordedHost final : public WorkerHost {
 public:
  explicit RecordedHost(recorded::RecordedPool& pool) : pool_(pool) {}
  ModelPool& pool() override { return pool_; }

 private:
  recorded::RecordedPool& pool_;
};

TEST(ShippedRun, grades_recorded_replies_as_their_labels_say) {
  const Recorded shipped = recorded({.split = "test", .limit = 120});
  const EpisodeSettings settings = settings_of(*shipped.config);
  const Offers offers(shipped.set, settings);
  EXPECT_FALSE(offers.any_live());
  const auto grading = Grading::make(shipped.set, grade::builtin_registry(), grade::strict());
  ASSERT_TRUE(grading) << grading.error().describe();
  std::vector<System> systems;
  for (const OfferedModel& model : settings.offered) systems.push_back(single_model(*model.spec));
  recorded::RecordedPool pool(shipped.corpus, {.replay_latency = true});
  const RunInputs inputs{.questions = shipped.set,
                         .systems = systems,
                         .grading = **grading,
                         .settings = settings,
                         .offers = offers,
                         .identity = "test",
                         .grading_context = {},
                         .make_host = [&](boost::asio::io_context&, Timers&, std::uint64_t) -> Result<std::unique_ptr<WorkerHost>> {
                           return std::make_unique<RecordedHost>(pool);
                         }};
  toy::TempFolder folder;
  auto run_folder = RunFolder::open(folder / "run", manifest_json(inputs, {}, {}), OpenMode::fresh);
  ASSERT_TRUE(run_folder) << run_folder.error().describe();
  const auto end = run(inputs, {}, **run_folder, {});
  ASSERT_TRUE(end) << end.error().describe();
  EXPECT_TRUE(end->complete);
  EXPECT_EQ(end->progress.unscored, 0U);
  std::map<std::string, std::pair<int, int>> agree;
  for (const SampleRecord& record : (*run_folder)->records()) {
    ASSERT_TRUE(record.recorded_label);
    auto& [same, all] = agree[record.task];
    same += *record.recorded_label == record.grade.correct ? 1 : 0;
    ++all;
  }
  for (const auto& [task, counts] : agree) EXPECT_GT(static_cast<double>(counts.first) / counts.second, 0.95) << task;
}

}  // namespace
}  // namespace xrouter::eval
