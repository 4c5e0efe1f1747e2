// Samples a second on the recorded answers: episode, grade, record, synced file.
#include <benchmark/benchmark.h>

#include "xrouter/config/load.hpp"
#include "xrouter/eval/load/benchmark_file.hpp"
#include "xrouter/eval/load/questions.hpp"
#include "xrouter/eval/test_support.hpp"
#include "xrouter/policy/ngram_policy.hpp"
#include "xrouter/recorded/recorded_pool.hpp"

namespace xrouter::eval {
namespace {

const std::string kData = XROUTER_SOURCE_DIR "/data";

struct Shipped {
  Shipped() {
    config::LoadOptions where;
    where.data_dir = kData;
    config = *config::default_config(where);
    corpus = *(*corpus::Corpus::open(*corpus::corpus_files_in(kData + "/recorded")))->unpacked();
    const auto specs = *load_benchmarks(kData + "/benchmarks");
    for (const char* name : {"zeroeval", "mmlu_pro"}) {
      const WantedBenchmark wanted{.spec = *find_benchmark(specs, name), .file = {}};
      if (!add_benchmark(set, wanted, corpus.get(), {})) std::abort();
    }
    settings = settings_of(*config);
    grading = std::move(*Grading::make(set, grade::builtin_registry(), grade::strict()));
    offers = std::make_unique<Offers>(set, settings);
    pool = std::make_unique<recorded::RecordedPool>(corpus, recorded::RecordedPoolOptions{.replay_latency = true});
  }
  std::shared_ptr<const config::Config> config;
  std::shared_ptr<const corpus::Corpus> corpus;
  QuestionSet set;
  EpisodeSettings settings;
  std::unique_ptr<Grading> grading;
  std::unique_ptr<Offers> offers;
  std::unique_ptr<recorded::RecordedPool> pool;
};

class Host final : public WorkerHost {
 public:
  explicit Host(recorded::RecordedPool& pool) : pool_(pool) {}
  ModelPool& pool() override { return pool_; }

 private:
  recorded::RecordedPool& pool_;
};

System ngram() {
  System system;
  system.id = "policy";
  system.kind = SystemKind::policy;
  auto loaded = policy::NgramModel::load(kData + "/models/ngram.bin");
  if (!loaded) std::abort();
  auto model = std::make_shared<const policy::NgramModel>(std::move(*loaded));
  system.open = same_policy_always(
      [model](const WorkerContext&) -> Result<std::shared_ptr<Policy>> { return std::make_shared<policy::NgramPolicy>(model); });
  return system;
}

void run_all(benchmark::State& state, const std::vector<System>& systems) {
  static Shipped shipped;
  const RunOptions options{.workers = static_cast<int>(state.range(0))};
  const RunInputs inputs{.questions = shipped.set,
                         .systems = systems,
                         .grading = *shipped.grading,
                         .settings = shipped.settings,
                         .offers = *shipped.offers,
                         .identity = "bench",
                         .grading_context = {},
                         .make_host = [&](boost::asio::io_context&, Timers&, std::uint64_t) -> Result<std::unique_ptr<WorkerHost>> {
                           return std::make_unique<Host>(*shipped.pool);
                         }};
  std::int64_t samples = 0;
  for (auto _ : state) {
    toy::TempFolder folder;
    auto run_folder = RunFolder::open(folder / "run", manifest_json(inputs, options, {}), OpenMode::fresh);
    const auto end = run(inputs, options, **run_folder, {});
    if (!end || !end->complete) state.SkipWithError("the run did not complete");
    if (end) samples += static_cast<std::int64_t>(end->progress.done);
  }
  state.SetItemsProcessed(samples);
}

// Grades of the first run are remembered by the following ones, as baselines repeat replies in a real run.
void singles(benchmark::State& state) {
  config::LoadOptions where;
  where.data_dir = kData;
  const auto config = *config::default_config(where);
  std::vector<System> systems;
  for (const OfferedModel& model : settings_of(*config).offered) systems.push_back(single_model(*model.spec));
  run_all(state, systems);
}
BENCHMARK(singles)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kSecond);

void policy(benchmark::State& state) { run_all(state, {ngram()}); }
BENCHMARK(policy)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kSecond);

}  // namespace
}  // namespace xrouter::eval
