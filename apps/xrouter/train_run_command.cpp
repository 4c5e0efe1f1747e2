#include "train_run_command.hpp"

#include <fmt/format.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "assembly.hpp"
#include "command.hpp"
#include "xrouter/learner/launch.hpp"
#include "xrouter/torch_module/loader.hpp"
#include "xrouter/trainer/config/load.hpp"
#include "xrouter/trainer/inputs.hpp"
#include "xrouter/trainer/record/curves.hpp"
#include "xrouter/trainer/session.hpp"

namespace xrouter::app {
namespace {

namespace fs = std::filesystem;

struct RunArguments {
  std::string config;
  std::string out;
  std::string data_dir;
  std::vector<std::string> settings;
  bool resume = false;
};

std::atomic<bool> stop_run{false};
std::atomic<bool> give_up{false};

// The first signal lets the step under way end, the second one ends it.
extern "C" void on_train_signal(int) {
  if (stop_run) give_up = true;
  stop_run = true;
}

std::string quoted_if_needed(const std::string& word) { return word.find_first_of(" '\"[]{}*$") == std::string::npos ? word : "'" + word + "'"; }

// As typed, without folders of this machine in front of the program.
std::string command_line(const RunArguments& arguments) {
  std::string line = "xrouter train -c " + quoted_if_needed(arguments.config);
  if (!arguments.out.empty()) line += " --out " + quoted_if_needed(arguments.out);
  if (!arguments.data_dir.empty()) line += " --data-dir " + quoted_if_needed(arguments.data_dir);
  for (const std::string& setting : arguments.settings) line += " --set " + quoted_if_needed(setting);
  if (arguments.resume) line += " --resume";
  return line;
}

fs::path run_folder(const RunArguments& arguments) {
  return arguments.out.empty() ? fs::path("runs") / fs::path(arguments.config).stem() : fs::path(arguments.out);
}

/// The processes of this run, as torchrun or mpirun started them; each takes the GPU of its number.
std::unique_ptr<learner::Collective> join_ranks(const trainer::TrainConfig& config, learner::LearnerOptions& options) {
  auto launched = require(learner::launched_as([](const char* name) { return std::getenv(name); }));
  if (!launched) return std::make_unique<learner::Alone>();
  launched->timeout_seconds = config.distributed.timeout_seconds;
  if (options.device == "cuda") options.device = "cuda:" + std::to_string(launched->local_rank);
  launched->device = options.device.starts_with("cuda") ? "cuda" : "cpu";
  return require(torch_module::make_collective(*launched));
}

/// The upstreams of the service configuration, as a server asks them.
class Upstreams final : public trainer::LiveModels {
 public:
  static Result<std::unique_ptr<trainer::LiveModels>> open(std::shared_ptr<const config::Config> service, std::uint64_t seed) {
    std::unique_ptr<Upstreams> upstreams(new Upstreams);
    auto assembly = Assembly::make(std::move(service));
    if (!assembly) return fail(assembly.error());
    upstreams->assembly_ = std::move(*assembly);
    auto worker = upstreams->assembly_->make_worker(upstreams->timers_, seed);
    if (!worker) return fail(worker.error());
    upstreams->worker_ = std::move(*worker);
    return upstreams;
  }
  const rollout::LiveTime& time() const override { return time_; }
  ModelPool& pool() override { return worker_->pool(); }

 private:
  Upstreams() = default;
  boost::asio::io_context io_{1};
  AsioTimers timers_{io_};
  rollout::LiveTime time_{.io = io_, .timers = timers_};
  std::unique_ptr<Assembly> assembly_;
  std::unique_ptr<WorkerParts> worker_;
};

trainer::MakeLive live_models(std::uint64_t seed) {
  return [seed](std::shared_ptr<const config::Config> service) { return Upstreams::open(std::move(service), seed); };
}

void run(const RunArguments& arguments) {
  const trainer::TrainConfig config = require(trainer::load_train_config(arguments.config, arguments.settings));
  std::signal(SIGINT, on_train_signal);
  std::signal(SIGTERM, on_train_signal);
  trainer::Inputs inputs = require(trainer::open_inputs(config, arguments.data_dir, &give_up, live_models(config.seed)));
  const std::unique_ptr<learner::Collective> ranks = join_ranks(config, inputs.learner);
  const std::unique_ptr<learner::Learner> learner = require(torch_module::make_learner(*inputs.model, inputs.learner));
  const fs::path folder = run_folder(arguments);
  const trainer::SessionParts parts{.config = config,
                                    .learner = *learner,
                                    .ranks = *ranks,
                                    .episodes = *inputs.episodes,
                                    .texts = inputs.texts.get(),
                                    .data = inputs.data,
                                    .stop = &stop_run};
  const trainer::SessionOptions options{.folder = folder,
                                        .mode = arguments.resume ? trainer::RunMode::resume : trainer::RunMode::fresh,
                                        .command = command_line(arguments),
                                        .program = "xrouter " XROUTER_VERSION};
  const trainer::SessionEnd end = require(trainer::run_session(parts, options), kFailed);
  if (ranks->rank() != 0) return;
  if (!end.end.finished) {
    fmt::print("stopped behind step {}; go on with: {}{}\n", end.end.step, command_line(arguments), arguments.resume ? "" : " --resume");
    return;
  }
  fmt::print("finished after step {}; the weights of step {} are in {}, the curves in {}\n", end.end.step, end.model_step, end.model.string(),
             (folder / "report.html").string());
}

void check(const RunArguments& arguments) {
  const trainer::TrainConfig config = require(trainer::load_train_config(arguments.config, arguments.settings));
  const trainer::Inputs inputs = require(trainer::open_inputs(config, arguments.data_dir, nullptr, live_models(config.seed)));
  fmt::print("{}: valid; {} stages, {} samples to learn from, {} to validate, {} texts\n", arguments.config, config.stages.size(),
             inputs.episodes->size(trainer::SampleUse::train), inputs.episodes->size(trainer::SampleUse::validation),
             inputs.texts ? inputs.texts->size() : 0);
}

struct ExportArguments {
  RunArguments how;
  std::string run;
  std::string to;
  std::string which = "best";
};

trainer::Checkpoint chosen_checkpoint(const ExportArguments& arguments) {
  const auto all = trainer::scan_checkpoints(fs::path(arguments.run) / "checkpoints").complete;
  std::optional<trainer::Checkpoint> chosen;
  if (arguments.which == "best") chosen = trainer::best_of(all);
  for (const trainer::Checkpoint& each : all)
    if (arguments.which == std::to_string(each.step) || (arguments.which == "latest" && !each.left)) chosen = each;
  if (!chosen) throw CommandFailure{kUsage, "the run " + arguments.run + " has no such checkpoint: " + arguments.which};
  return *chosen;
}

void export_weights(const ExportArguments& arguments) {
  const trainer::Checkpoint checkpoint = chosen_checkpoint(arguments);
  const trainer::TrainConfig config = require(trainer::load_train_config(arguments.how.config, arguments.how.settings));
  const trainer::Inputs inputs = require(trainer::open_inputs(config, arguments.how.data_dir, nullptr, live_models(config.seed)));
  const std::unique_ptr<learner::Learner> learner = require(torch_module::make_learner(*inputs.model, inputs.learner));
  require(trainer::export_checkpoint(*learner, arguments.run, checkpoint, arguments.to), kFailed);
  fmt::print("weights of step {} are in {}\n", checkpoint.step, arguments.to);
}

void add_run_options(CLI::App& command, RunArguments& arguments) {
  command.add_option("-c,--config", arguments.config, "The run's configuration (docs/training.md)");
  command.add_option("--set", arguments.settings, "NAME=VALUE of one setting, over the file; may be repeated")->allow_extra_args(false);
  command.add_option("--data-dir", arguments.data_dir, "Folder of the shipped data");
}

void add_export(CLI::App& train) {
  auto arguments = std::make_shared<ExportArguments>();
  CLI::App* command = train.add_subcommand("export", "Write the weights of a checkpoint as a model folder or an adapter.");
  add_run_options(*command, arguments->how);
  command->get_option("--config")->required();
  command->add_option("run", arguments->run, "Folder of the run")->required();
  command->add_option("--to", arguments->to, "Folder to write")->required();
  command->add_option("--checkpoint", arguments->which, "best, latest, or a step")->capture_default_str();
  command->callback([arguments] { export_weights(*arguments); });
}

void add_report(CLI::App& train) {
  auto folder = std::make_shared<std::string>();
  CLI::App* command = train.add_subcommand("report", "Write the curves of a run as a page, also while it goes on.");
  command->add_option("run", *folder, "Folder of the run")->required();
  command->callback([folder] { fmt::print("{}\n", require(trainer::write_report(*folder)).string()); });
}

void add_check(CLI::App& train) {
  auto arguments = std::make_shared<RunArguments>();
  CLI::App* command = train.add_subcommand("check", "Read a run's configuration and data, and say what is wrong with them.");
  add_run_options(*command, *arguments);
  command->get_option("--config")->required();
  command->callback([arguments] { check(*arguments); });
}

}  // namespace

void add_train_run(CLI::App& train) {
  auto arguments = std::make_shared<RunArguments>();
  add_run_options(train, *arguments);
  train.add_option("--out", arguments->out, "Folder of the run; default: runs/ and the configuration's name");
  train.add_flag("--resume", arguments->resume, "Go on from the newest checkpoint of the folder");
  train.final_callback([arguments, &train] {
    if (!train.get_subcommands().empty()) return;
    if (arguments->config.empty()) throw CommandFailure{kUsage, "train needs -c train.yaml or a subcommand; see xrouter train --help"};
    run(*arguments);
  });
  add_check(train);
  add_report(train);
  add_export(train);
  train.add_subcommand("docs", "Print every setting of train.yaml as Markdown")->callback([] { fmt::print("{}", trainer::train_documentation()); });
}

}  // namespace xrouter::app
