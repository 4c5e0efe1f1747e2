// xrouter eval: measures policies, baselines and single models on benchmark questions.
#include <fmt/format.h>

#include <csignal>
#include <ctime>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include "eval_progress.hpp"
#include "eval_systems.hpp"
#include "eval_table.hpp"
#include "judge_tool.hpp"
#include "text_table.hpp"
#include "xrouter/baselines/baseline.hpp"
#include "xrouter/engine/routing_pool.hpp"
#include "xrouter/eval/figures/summarise.hpp"
#include "xrouter/eval/load/benchmark_file.hpp"
#include "xrouter/eval/load/questions.hpp"
#include "xrouter/eval/output/summary_json.hpp"
#include "xrouter/eval/report/html.hpp"
#include "xrouter/eval/run/manifest.hpp"
#include "xrouter/eval/run/runner.hpp"
#include "xrouter/json/writer.hpp"
#include "xrouter/recorded/recorded_pool.hpp"
#include "xrouter/replay/replay_pool.hpp"
#include "xrouter/sandbox/sandbox.hpp"
#include "xrouter/service/base_spec.hpp"

namespace xrouter::app {
namespace {

using CorpusPtr = std::shared_ptr<const corpus::Corpus>;
using ConfigPtr = std::shared_ptr<const config::Config>;

constexpr const char* kProgram = "xrouter " XROUTER_VERSION;

// ---- what is measured on what

std::vector<eval::BenchmarkSpec> descriptions(const EvalArguments& arguments, const config::Config& config) {
  auto specs = require(eval::load_benchmarks(config.data_dir + "/benchmarks"));
  if (arguments.descriptions.empty()) return specs;
  for (eval::BenchmarkSpec& own : require(eval::load_benchmarks(arguments.descriptions))) {
    std::erase_if(specs, [&](const eval::BenchmarkSpec& spec) { return spec.name == own.name; });
    specs.push_back(std::move(own));
  }
  return specs;
}

std::vector<eval::WantedBenchmark> wanted_benchmarks(const EvalArguments& arguments, const config::Config& config) {
  const auto specs = descriptions(arguments, config);
  std::vector<eval::WantedBenchmark> wanted;
  for (const std::string& name : arguments.benchmarks) {
    const std::size_t equals = name.find('=');
    auto spec = require(eval::find_benchmark(specs, name.substr(0, equals)));
    wanted.push_back({.spec = std::move(spec), .file = equals == std::string::npos ? "" : name.substr(equals + 1)});
  }
  if (!wanted.empty()) return wanted;
  for (const eval::BenchmarkSpec& spec : specs)
    if (spec.loader == eval::Loader::recorded && spec.only_subsets.empty()) wanted.push_back({.spec = spec, .file = {}});
  return wanted;
}

CorpusPtr open_recorded(const config::Config& config) {
  if (config.recorded.corpora.empty()) return nullptr;
  std::vector<std::string> files;
  for (const std::string& file : config.recorded.corpora) files.push_back(config::data_path(config, file));
  return require(require(corpus::Corpus::open(files))->unpacked());
}

eval::QuestionSet load_questions(const EvalArguments& arguments, const std::vector<eval::WantedBenchmark>& wanted,
                                 const corpus::Corpus* corpus) {
  eval::QuestionSet set;
  for (const eval::WantedBenchmark& benchmark : wanted)
    require(eval::add_benchmark(set, benchmark, corpus, {.split = arguments.split, .limit = arguments.limit}));
  return set;
}

void refuse_faulty(const eval::QuestionSet& set, const std::vector<eval::QuestionFault>& faults) {
  constexpr std::size_t kShown = 10;
  std::string text = fmt::format("{} of {} questions cannot be judged as they are:", faults.size(), set.questions.size());
  for (std::size_t i = 0; i < std::min(faults.size(), kShown); ++i) {
    const eval::Question& question = set.questions[faults[i].question];
    text += fmt::format("\n  {} {}: {}", set.benchmarks[question.task].spec.name, question.qid, faults[i].what);
  }
  throw CommandFailure{kUsage, text + "\n--skip-bad leaves them out"};
}

// Without the faulty ones, which are told.
eval::QuestionSet without(const eval::QuestionSet& set, const std::vector<eval::QuestionFault>& faults) {
  std::vector<bool> faulty(set.questions.size(), false);
  for (const eval::QuestionFault& fault : faults) faulty[fault.question] = true;
  eval::QuestionSet out{.benchmarks = set.benchmarks, .questions = {}};
  for (std::size_t i = 0; i < faulty.size(); ++i)
    if (!faulty[i]) out.questions.push_back(set.questions[i]);
  for (const eval::QuestionFault& fault : faults) {
    const eval::Question& question = set.questions[fault.question];
    fmt::print(stderr, "left out: {} {}: {}\n", set.benchmarks[question.task].spec.name, question.qid, fault.what);
  }
  for (std::size_t t = 0; t < out.benchmarks.size(); ++t) {
    const auto gone =
        std::count_if(faults.begin(), faults.end(), [&](const eval::QuestionFault& f) { return set.questions[f.question].task == t; });
    if (gone > 0) out.benchmarks[t].data_hash += fmt::format(" less {}", gone);
  }
  return out;
}

// ---- how they are answered

// Recorded models from memory with their latency, live ones as a server asks them.
class Host final : public eval::WorkerHost {
 public:
  Host(std::unique_ptr<WorkerParts> parts, recorded::RecordedPool* recorded, const config::Config& config, std::shared_ptr<replay::ReplayMemory> memory)
      : parts_(std::move(parts)), memory_(std::move(memory)) {
    for (const config::UpstreamConfig& upstream : config.upstreams) pools_.add(upstream.name, parts_->pool());
    if (recorded) pools_.add(std::string(kRecordedUpstream), *recorded);
  }
  ModelPool& pool() override { return pools_; }
  // Samples of one question are to differ, in whatever order they are made.
  std::unique_ptr<ModelPool> episode_pool(int sample, int samples) override {
    if (!memory_) return nullptr;
    return std::make_unique<replay::ReplayPool>(memory_, &pools_, std::make_shared<replay::ReplicaCounter>(sample, samples));
  }
  Policy* configured() override { return &parts_->router(); }

 private:
  std::unique_ptr<WorkerParts> parts_;
  RoutingPool pools_;
  std::shared_ptr<replay::ReplayMemory> memory_;  // null: live models are asked as they are
};

eval::MakeHost host_maker(const Assembly& assembly, recorded::RecordedPool* recorded, const EvalArguments& arguments, std::mutex& one_at_a_time) {
  return [&assembly, recorded, &arguments, &one_at_a_time](boost::asio::io_context&, Timers& timers,
                                                           std::uint64_t seed) -> Result<std::unique_ptr<eval::WorkerHost>> {
    const std::lock_guard guard(one_at_a_time);
    auto parts = assembly.make_worker(timers, seed);
    if (!parts) return fail(parts.error());
    std::shared_ptr<replay::ReplayMemory> memory;
    if (!arguments.replay.empty()) {
      auto opened = replay::open_memory(arguments.replay, {.mode = *replay::replay_mode_of(arguments.replay_mode)});
      if (!opened) return fail(opened.error());
      memory = std::move(*opened);
    }
    return std::make_unique<Host>(std::move(*parts), recorded, *assembly.config(), std::move(memory));
  };
}

eval::EpisodeSettings settings_of(const EvalArguments& arguments, const config::Config& config) {
  eval::EpisodeSettings settings = eval::settings_of(config);
  settings.sampling.temperature = arguments.temperature;
  settings.sampling.max_output_tokens = arguments.max_tokens;
  return settings;
}

eval::RunOptions run_options(const EvalArguments& arguments, bool simulated) {
  eval::RunOptions options{.seed = arguments.seed,
                           .samples = arguments.samples,
                           .concurrency = arguments.concurrency,
                           .retries = arguments.retries,
                           .simulated_time = simulated};
  options.workers = arguments.workers > 0 ? arguments.workers : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  if (arguments.budget.empty()) return options;
  const auto budget = parse_cost_limit(arguments.budget);
  if (!budget) throw CommandFailure{kUsage, "--budget " + budget.error().public_text};
  options.budget = *budget;
  return options;
}

void check_prices(const eval::EpisodeSettings& settings) {
  for (const OfferedModel& model : settings.offered)
    if (!model.spec->price.known())
      throw CommandFailure{kUsage, "--budget cannot be kept: the price of " + model.spec->id.value + " is unknown"};
}

eval::StopSwitch g_stop;

// The first signal lets what is under way end, the second one ends it.
extern "C" void on_signal(int) {
  if (g_stop.stop) g_stop.cancel = true;
  g_stop.stop = true;
}

std::string new_folder() {
  const std::time_t now = std::time(nullptr);
  char text[32];
  std::strftime(text, sizeof text, "xrouter-eval-%Y%m%d-%H%M%S", std::localtime(&now));
  return text;
}

// ---- what comes out

void write_timing(const eval::RunFolder& folder, const eval::RunEnd& end, double seconds, const eval::RunOptions& options) {
  json::Writer out;
  const std::size_t made = end.progress.done - end.done_before;
  out.begin_object()
      .field("seconds", seconds)
      .field("samples", made)
      .field("samples_per_second", seconds > 0 ? static_cast<double>(made) / seconds : 0);
  out.field("workers", options.workers)
      .field("concurrency", options.concurrency)
      .field("processors", static_cast<std::int64_t>(std::thread::hardware_concurrency()));
  out.field("finished_unix", static_cast<std::int64_t>(std::time(nullptr))).end_object();
  require(folder.write_file("timing.json", out.take() + "\n"), kFailed);
}

struct Finished {
  const eval::RunInputs& inputs;
  const eval::RunOptions& options;
  const eval::RunFolder& folder;
  const eval::RunEnd& end;
};

int report(const EvalArguments& arguments, const config::Config& config, const Finished& run) {
  const std::vector<eval::SampleRecord> records = eval::in_run_order(run.folder.records(), run.inputs.questions, run.inputs.systems);
  const eval::RunData data{run.inputs.questions, run.inputs.systems, records,
                           [&](const std::string& key) -> const std::string& { return run.folder.response(key); }};
  int samples = 1;
  for (const eval::BenchmarkUse& use : run.inputs.questions.benchmarks)
    samples = std::max(samples, eval::samples_of(run.options, use.spec));
  const eval::RunFacts facts{.program = kProgram,
                             .seed = arguments.seed,
                             .samples = samples,
                             .bootstrap_draws = arguments.draws,
                             .dialect = arguments.dialect,
                             .config_hash = config.hash,
                             .complete = run.end.complete,
                             .stopped_by = run.end.stopped_by,
                             .simulated_time = run.options.simulated_time};
  const eval::Summary summary = eval::summarise(data, facts);
  // The summary comes last: it says that the run is finished. A run that was stopped keeps another name.
  const std::string name = run.end.complete ? "summary" : "partial";
  require(run.folder.write_file(run.end.complete ? "report.html" : "partial.html", eval::render_html(summary, data)), kFailed);
  require(run.folder.write_file(name + ".csv", eval::summary_csv(summary)), kFailed);
  require(run.folder.write_file(name + ".json", eval::summary_json(summary)), kFailed);
  print_summary(summary);
  return run.end.complete ? 0 : kFailed;
}

void evaluate(const EvalArguments& arguments, const std::string& out) {
  const ConfigPtr config = arguments.config.load();
  const auto dialect = grade::dialect_of(arguments.dialect);
  if (!dialect) throw CommandFailure{kUsage, "unknown --dialect " + arguments.dialect + ": " + std::string(grade::kDialectNames)};
  const auto wanted = wanted_benchmarks(arguments, *config);
  const CorpusPtr corpus = open_recorded(*config);
  eval::QuestionSet questions = load_questions(arguments, wanted, corpus.get());

  auto sandbox = sandbox::make_sandbox();
  const JudgeTool judge(arguments.config, arguments.judge, arguments.judge_cache);
  grade::GradeContext context{.sandbox = sandbox ? sandbox->get() : nullptr, .judge = judge.model(), .cancelled = &g_stop.cancel};
  auto grading = require(eval::Grading::make(questions, grade::builtin_registry(), *dialect));
  if (const auto faults = grading->check(context); !faults.empty()) {
    if (!arguments.skip_bad) refuse_faulty(questions, faults);
    questions = without(questions, faults);
    grading = require(eval::Grading::make(questions, grade::builtin_registry(), *dialect));
  }

  const eval::EpisodeSettings settings = settings_of(arguments, *config);
  const eval::Offers offers(questions, settings);
  const std::vector<eval::System> systems = choose_systems(arguments, *config, settings, corpus);
  const bool language_model = service::decides_by_language_model(*config) || !arguments.routers.models.empty();
  const bool simulated = !offers.any_live() && !language_model;
  const eval::RunOptions options = run_options(arguments, simulated);
  if (options.budget) check_prices(settings);

  log::set_level(log::Level::error);
  const auto assembly = require(Assembly::make(config));
  std::unique_ptr<recorded::RecordedPool> recorded;
  if (corpus) recorded = std::make_unique<recorded::RecordedPool>(corpus, recorded::RecordedPoolOptions{.replay_latency = simulated});
  std::mutex one_at_a_time;
  const eval::RunInputs inputs{.questions = questions,
                               .systems = systems,
                               .grading = *grading,
                               .settings = settings,
                               .offers = offers,
                               .identity = config->hash,
                               .grading_context = context,
                               .make_host = host_maker(*assembly, recorded.get(), arguments, one_at_a_time)};
  const std::string manifest =
      eval::manifest_json(inputs, options, {.program = kProgram, .config_hash = config->hash, .dialect = arguments.dialect});
  const auto folder = require(eval::RunFolder::open(out, manifest, arguments.resume ? eval::OpenMode::resume : eval::OpenMode::fresh));
  if (folder->earlier().damaged > 0)
    fmt::print(stderr, "note: {} damaged lines of the earlier run are made again\n", folder->earlier().damaged);
  fmt::print(stderr, "{} questions of {} benchmarks, {} systems; writing {}\n", questions.questions.size(), questions.benchmarks.size(),
             systems.size(), out);

  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  double seconds = 0;
  const eval::RunEnd end = [&] {
    EvalProgress bar;
    auto result =
        require(eval::run(inputs, options, *folder, g_stop, [&](const eval::Progress& progress) { bar.show(progress); }), kFailed);
    seconds = bar.seconds();
    return result;
  }();
  write_timing(*folder, end, seconds, options);
  const int code = report(arguments, *config, {inputs, options, *folder, end});
  judge.print_cost();
  fmt::print("\n{:.1f} s; everything is in {}/: {}\n", seconds, out,
             code == 0 ? "report.html, summary.json, summary.csv" : "partial.html, partial.json, partial.csv");
  if (code != 0)
    throw CommandFailure{code, "stopped (" + end.stopped_by + ") with " + std::to_string(end.progress.total - end.progress.done) +
                                   " samples to go; go on with --resume --out " + out};
}

void print_lists(const EvalArguments& arguments) {
  const ConfigPtr config = arguments.config.load();
  fmt::print("Benchmarks (--benchmark NAME, or NAME=FILE for a file of yours)\n");
  TextTable benchmarks({"NAME", "TITLE", "DOMAIN", "FILE", "GRADER", "LICENCE"});
  for (const eval::BenchmarkSpec& spec : descriptions(arguments, *config)) {
    const bool shipped = spec.loader == eval::Loader::recorded;
    benchmarks.add({spec.name, spec.title, spec.domain, shipped ? "shipped" : "yours",
                    spec.data_source.empty() ? "by question" : spec.data_source, spec.licence});
  }
  benchmarks.print();
  fmt::print("\nSystems (--system; default: policy, baselines, singles)\n");
  TextTable systems({"ID", "WHAT"});
  systems.add({"policy", "The configured policy (" + config->policy.kind + "), and the same at the cost weights of --curve"});
  systems.add({"singles, model:ID", "Every offered model alone, or one of them; 'xrouter models' lists them"});
  systems.add({"baselines", "All of the following"});
  for (const auto& info : baselines::baseline_catalog()) systems.add({"baseline:" + std::string(info.name), std::string(info.description)});
  systems.print();
}

void run_eval(const EvalArguments& arguments) {
  if (arguments.list) return print_lists(arguments);
  if (arguments.resume && arguments.out.empty()) throw CommandFailure{kUsage, "--resume needs the run's folder: --out FOLDER"};
  evaluate(arguments, arguments.out.empty() ? new_folder() : arguments.out);
}

}  // namespace

void add_eval(CLI::App& program) {
  auto arguments = std::make_shared<EvalArguments>();
  EvalArguments& a = *arguments;
  CLI::App* command = program.add_subcommand(
      "eval", "Measures the policy, baselines and single models on benchmark questions; without options on the shipped recorded ones");
  command->add_option("--benchmark", a.benchmarks, "NAME, or NAME=FILE for a benchmark whose file you have; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--descriptions", a.descriptions, "Folder of benchmark descriptions of your own");
  command->add_option("--system", a.systems, "policy, singles, baselines, model:ID or baseline:NAME; may be repeated")
      ->allow_extra_args(false);
  command
      ->add_option("--router", a.routers.models,
                   "Trained router: a model folder, FOLDER@ADAPTER, a training run or one of its checkpoints; measured beside the systems, at "
                   "the weights of --curve as well; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--train-config", a.routers.train_config, "Configuration of the checkpoints' run; by default the copy in its folder");
  command->add_option("--router-price", a.routers.priced_as, "Model of the catalogue whose prices the routers' tokens cost; by default they are free");
  command
      ->add_option(
          "--curve", a.curve,
          "Cost weights at which systems with a dial are measured as well; by default 0,0.5,2,4,8, and none where live models are asked")
      ->delimiter(',');
  command->add_option("--split", a.split, "Of the recorded questions")
      ->check(CLI::IsMember({"train", "dev", "test", "all"}))
      ->capture_default_str();
  command->add_option("--limit", a.limit, "At most so many questions of each benchmark, spread over its file; 0 = all");
  command->add_option("--out", a.out, "Folder of the run; by default a new one with the time in its name");
  command->add_flag("--resume", a.resume, "Go on with the unfinished run in --out");
  command->add_option("--seed", a.seed, "The same seed and questions give the same summary")->capture_default_str();
  command->add_option("--samples", a.samples, "Samples a question; by default what the benchmark says")->check(CLI::Range(1, 1000));
  command->add_option("--budget", a.budget, "Most USD to spend on the whole run");
  command->add_option("--workers", a.workers, "Threads; by default one a processor")->check(CLI::Range(1, 256));
  command->add_option("--concurrency", a.concurrency, "Samples under way in each thread")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command->add_option("--retries", a.retries, "Further tries of a sample that could not be scored")
      ->check(CLI::Range(0, 20))
      ->capture_default_str();
  command->add_option("--draws", a.draws, "Draws of the bootstrap")->check(CLI::Range(100, 1'000'000))->capture_default_str();
  command->add_option("--temperature", a.temperature, "Of live models")->check(CLI::Range(0.0, 2.0));
  command->add_option("--max-tokens", a.max_tokens, "Output limit of live models")->check(CLI::Range(1, 1'000'000));
  command->add_option("--replay", a.replay, "File that keeps what live models answer, so that the next run need not ask (docs/replay.md)");
  command->add_option("--replay-mode", a.replay_mode, "replay: ask for what is missing; strict: ask for nothing; record: ask for everything anew")
      ->check(CLI::IsMember({"record", "replay", "strict"}))
      ->capture_default_str();
  command->add_option("--dialect", a.dialect, "Of the graders: strict; trusting, which also grades tests that a program could cheat; or xrouter_compat")->capture_default_str();
  command->add_option("--judge", a.judge, "Model of the catalogue that judges free answers");
  command->add_option("--judge-cache", a.judge_cache, "File that keeps the judge's replies");
  command->add_flag("--skip-bad", a.skip_bad, "Leave out questions whose gold does not pass the check, instead of stopping");
  command->add_flag("--list", a.list, "Print benchmarks and systems");
  a.config.add_to(*command);
  command->callback([arguments] { run_eval(*arguments); });
}

}  // namespace xrouter::app
