// xrouter train: learns the weights of the embedded policies from recorded outcomes.
#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <thread>

#include "corpus_files.hpp"
#include "progress_bar.hpp"
#include "train_run_command.hpp"
#include "whole_file.hpp"
#include "xrouter/base/rng.hpp"
#include "xrouter/train/training_record.hpp"

namespace xrouter::app {
namespace {

struct NgramArguments {
  ConfigOption config;
  std::vector<std::string> corpora;
  std::string out;
  std::string record;
  train::NgramOptions options;
  double allowed_loss = 0.005;  // half a point: with sampling error the default then stays within one
};

std::string hardware() {
  std::string name = "unknown processor";
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("model name")) continue;
    name = line.substr(line.find(':') + 2);
    break;
  }
  return fmt::format("{}, {} logical processors, one thread used", name, std::thread::hardware_concurrency());
}

// As typed, without folders of this machine in front of the program.
std::string command_line(const NgramArguments& arguments) {
  std::string line = "xrouter train ngram";
  for (const std::string& corpus : arguments.corpora) line += " --corpus " + corpus;
  line += " --out " + arguments.out;
  if (!arguments.record.empty()) line += " --record " + arguments.record;
  const train::NgramOptions defaults;
  const train::NgramOptions& o = arguments.options;
  line += fmt::format(" --seed {}", o.seed);
  if (o.epochs != defaults.epochs) line += fmt::format(" --epochs {}", o.epochs);
  if (o.bucket_bits != defaults.bucket_bits) line += fmt::format(" --bucket-bits {}", o.bucket_bits);
  return line;
}

void print_reports(const char* split, const std::vector<train::GroupReport>& reports) {
  for (const train::GroupReport& report : reports) {
    if (report.group == "all") continue;
    const auto print = [](const std::string& name, const train::RoutePoint& point) {
      fmt::print("  {:<44} {:6.2f} %  {:8.3f} USD/1000  ({} questions)\n", name, 100 * point.accuracy(), point.usd_per_1000(), point.questions);
    };
    fmt::print("{} {}\n", report.group, split);
    for (const train::RoutePoint& point : report.singles) print(point.name, point);
    for (const train::RoutePoint& point : report.routed) print(fmt::format("ngram, cost weight {}", point.cost_weight), point);
    for (const train::RoutePoint& point : report.one_call)
      if (point.cost_weight == 1) print("ngram, one call only, cost weight 1", point);
    for (const train::RoutePoint& point : report.bare) print("ngram, bare questions, cost weight 1", point);
    if (report.cascade) print("two cheap agree, else strong", *report.cascade);
    print("oracle", report.oracle);
    fmt::print("  ngram at weight 1 minus best single: {:+.2f} +- {:.2f} points\n", 100 * report.to_best_single.mean, 100 * report.to_best_single.half_width);
  }
}

void run_ngram(const NgramArguments& arguments) {
  const auto started = std::chrono::steady_clock::now();
  const auto config = arguments.config.load();
  const auto corpora = open_corpora(arguments.corpora, arguments.config);
  const train::OutcomeData data = require(train::load_outcomes(*corpora, config->catalog));
  train::Trained trained = [&] {
    ProgressBar bar("training");
    return train::train_ngram(data, arguments.options, [&](std::size_t done, std::size_t total) { bar.show(done, total); });
  }();
  const auto scales = train::choose_cost_scale(data, trained.held_out, trained.parameters, arguments.allowed_loss);
  const policy::NgramModel model(trained.parameters);
  const std::string bytes = model.to_bytes();
  const auto dev = train::report_routes(data, model, corpus::Split::dev);
  const auto test = train::report_routes(data, model, corpus::Split::test);
  write_whole_file(arguments.out, bytes);
  if (!arguments.record.empty()) {
    train::RunFacts facts;
    facts.command = command_line(arguments);
    facts.program = "xrouter " XROUTER_VERSION;
    facts.hardware = hardware();
    facts.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    facts.weights_bytes = bytes.size();
    facts.weights_fnv1a64 = fmt::format("{:016x}", fnv1a64(bytes));
    write_whole_file(arguments.record, train::training_record(facts, *corpora, data, arguments.options, trained, scales, dev, test));
  }
  print_reports("dev", dev);
  print_reports("test", test);
  fmt::print("cost scale {:.3g}; weights {} ({} bytes)\n", static_cast<double>(trained.parameters.cost_scale), arguments.out, bytes.size());
}

void add_ngram(CLI::App& train) {
  auto arguments = std::make_shared<NgramArguments>();
  CLI::App* command = train.add_subcommand("ngram", "Learn the n-gram policy: fitted on split train, tuned on train and dev, reported on dev and test.");
  arguments->config.add_to(*command);
  command->add_option("--corpus", arguments->corpora, "Corpus files or folders; default: the shipped ones");
  command->add_option("--out", arguments->out, "Weights file to write")->required();
  command->add_option("--record", arguments->record, "Training record (JSON) to write");
  command->add_option("--seed", arguments->options.seed, "The same seed and data give the same bytes")->capture_default_str();
  command->add_option("--epochs", arguments->options.epochs, "Passes over the data")->check(CLI::Range(1, 1000))->capture_default_str();
  command->add_option("--bucket-bits", arguments->options.bucket_bits, "Hash buckets: 2^N")->check(CLI::Range(8, 20))->capture_default_str();
  command->add_option("--shared-rate", arguments->options.shared_rate, "Step of the weights that all models share")->check(CLI::PositiveNumber)->capture_default_str();
  command->add_option("--model-rate", arguments->options.model_rate, "Step of each model's own weights")->check(CLI::PositiveNumber)->capture_default_str();
  command->add_option("--allowed-loss", arguments->allowed_loss, "Accuracy that cost weight 1 may give up against the best single model")->check(CLI::Range(0.0, 1.0))->capture_default_str();
  command->callback([arguments] { run_ngram(*arguments); });
}

}  // namespace

void add_train(CLI::App& program) {
  CLI::App* train = program.add_subcommand("train", "Train a router language model by reinforcement learning (-c), or the n-gram policy.");
  train->require_subcommand(0, 1);
  add_train_run(*train);
  add_ngram(*train);
}

}  // namespace xrouter::app
