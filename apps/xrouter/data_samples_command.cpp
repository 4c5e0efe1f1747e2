// xrouter data samples: from recorded questions to the samples that a router is trained on.
#include "data_samples_command.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "corpus_files.hpp"
#include "progress_bar.hpp"
#include "prompt_counter.hpp"
#include "text_table.hpp"
#include "xrouter/samples/options_file.hpp"
#include "xrouter/samples/sample_set.hpp"

namespace xrouter::app {
namespace {

using corpus::Split;

constexpr const char* kSmallTalkFile = "questions/small_talk.jsonl";

struct SamplesArguments {
  ConfigOption config;
  std::vector<std::string> corpora;
  std::vector<std::string> splits = {"train", "dev"};
  std::string options_file;
  std::vector<std::string> options;
  std::string model;
  std::string out;
  bool list_options = false;
};

Split split_named(const std::string& name) {
  for (const Split split : {Split::train, Split::dev, Split::test})
    if (to_text(split) == name) return split;
  throw CommandFailure{kUsage, "unknown split " + name};
}

std::vector<samples::OwnQuestion> own_questions(const samples::SampleSetOptions& options, const std::string& data_dir) {
  std::vector<std::string> files = options.questions;
  if (options.small_talk) files.push_back((std::filesystem::path(data_dir) / kSmallTalkFile).string());
  std::vector<samples::OwnQuestion> all;
  for (const std::string& file : files)
    for (samples::OwnQuestion& question : require(samples::read_questions(file))) all.push_back(std::move(question));
  return all;
}

void print_counts(const char* what, const std::map<std::string, std::int64_t>& counts, std::size_t samples) {
  TextTable table{what, ">SAMPLES", ">%"};
  for (const auto& [name, count] : counts) table.add({name, fmt::format("{}", count), fmt::format("{:.1f}", 100.0 * static_cast<double>(count) / static_cast<double>(samples))});
  table.print();
}

void print_left_out(const samples::BuildFigures& figures) {
  std::string line;
  for (int i = 0; i < samples::kLeftOutCount; ++i) {
    const std::int64_t count = figures.left_out[static_cast<std::size_t>(i)];
    if (count > 0) line += fmt::format("{}{} {}", line.empty() ? "" : ", ", to_text(static_cast<samples::LeftOut>(i)), count);
  }
  if (!line.empty()) fmt::print("  left out: {}\n", line);
}

void print_set(const std::string& folder, const samples::BuiltSet& built) {
  const samples::BuildFigures& figures = built.figures;
  const std::size_t n = built.samples.size();
  const auto per_cent = [&](std::int64_t part) { return 100.0 * static_cast<double>(part) / static_cast<double>(std::max<std::int64_t>(figures.offered_models, 1)); };
  fmt::print("{}: {} samples of {} questions\n", folder, n, figures.questions);
  print_counts("STRATUM", figures.by_stratum, n);
  print_counts("SOURCE", figures.by_source, n);
  print_counts("POOL", figures.by_pool, n);
  fmt::print("  offered models: {:.1f} a sample, {:.1f} % renamed, {:.1f} % undescribed, {:.1f} % repriced\n",
             static_cast<double>(figures.offered_models) / static_cast<double>(n), per_cent(figures.renamed_models), per_cent(figures.withheld_descriptions),
             per_cent(figures.changed_prices));
  if (!figures.prompt_tokens.empty()) {
    const auto& tokens = figures.prompt_tokens;
    fmt::print("  prompt tokens: median {}, 95 % at most {}, longest {}\n", tokens[tokens.size() / 2], tokens[(tokens.size() - 1) * 95 / 100], tokens.back());
  }
  print_left_out(figures);
}

void make_set(const SamplesArguments& arguments, const config::Config& config, samples::BuildInputs inputs, Split split) {
  const auto options = require(samples::load_options(samples::default_options(split), arguments.options_file, arguments.options));
  inputs.questions = own_questions(options, config.data_dir);
  const std::string name(to_text(split));
  const auto built = [&] {
    ProgressBar bar(name);
    inputs.progress = [&](std::size_t done, std::size_t total) { bar.show(done, total); };
    return require(samples::build(options, inputs));
  }();
  const std::string folder = (std::filesystem::path(arguments.out) / name).string();
  require(samples::write_set(folder, options, inputs, built), kFailed);
  print_set(folder, built);
}

void run_samples(const SamplesArguments& arguments) {
  if (arguments.list_options) {
    fmt::print("{}", samples::options_documentation());
    return;
  }
  if (arguments.out.empty()) throw CommandFailure{kUsage, "--out is required"};
  const auto config = arguments.config.load();
  samples::BuildInputs inputs{.corpus = open_corpora(arguments.corpora, arguments.config), .catalog = config->catalog};
  if (!arguments.model.empty()) inputs.count_tokens = require(prompt_counter(arguments.model, config->catalog));
  for (const std::string& split : arguments.splits) make_set(arguments, *config, inputs, split_named(split));
}

}  // namespace

void add_data_samples(CLI::App& data) {
  auto arguments = std::make_shared<SamplesArguments>();
  CLI::App* command = data.add_subcommand("samples", "Make sample sets for router training: which question, which models, at which prices and under which names.");
  arguments->config.add_to(*command);
  command->add_option("--out", arguments->out, "Folder; each split becomes a folder of its name in it");
  command->add_option("--split", arguments->splits, "Splits to make, comma separated")->delimiter(',')->check(CLI::IsMember({"train", "dev", "test"}))->capture_default_str();
  command->add_option("-c,--options", arguments->options_file, "samples.yaml: what is to differ from the defaults, for every split made")->check(CLI::ExistingFile);
  command->add_option("--option", arguments->options, "NAME=VALUE of one option, over the file; may be repeated")->allow_extra_args(false);
  command->add_option("--corpus", arguments->corpora, "Corpus files or folders; default: the shipped ones");
  command->add_option("--model", arguments->model, "Model folder whose tokens are counted (weights are not needed), for max_prompt_tokens");
  command->add_flag("--list-options", arguments->list_options, "Print every option as a Markdown table and end");
  command->callback([arguments] { run_samples(*arguments); });
}

}  // namespace xrouter::app
