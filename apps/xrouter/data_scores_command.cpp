// xrouter data scores: what recorded models can do, as lines for a catalogue.
#include "data_scores_command.hpp"

#include <fmt/format.h>

#include <memory>

#include "corpus_files.hpp"
#include "xrouter/config/rules.hpp"
#include "xrouter/corpus/scores.hpp"

namespace xrouter::app {
namespace {

struct Arguments {
  ConfigOption config;
  std::vector<std::string> paths;
};

std::string flow_map(const std::map<std::string, int>& scores) {
  std::string text;
  for (const auto& [domain, score] : scores) text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", domain, score);
  return "{" + text + "}";
}

void run(const Arguments& arguments) {
  const auto config = arguments.config.load();
  const auto corpora = open_corpora(arguments.paths, arguments.config);
  const auto scores = require(corpus::train_scores(*corpora, *config->catalog));
  if (scores.empty()) throw CommandFailure{kFailed, "no model of the catalogue is recorded in these files"};
  fmt::print("models:\n");
  for (const ModelSpec& model : config->catalog->models())
    if (const auto found = scores.find(model.id); found != scores.end())
      fmt::print("  {}: {{scores: {}}}\n", config::quoted(model.id.value), flow_map(found->second));
}

}  // namespace

void add_data_scores(CLI::App& data) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = data.add_subcommand(
      "scores", "Print the recorded models' scores by domain, measured on split train, as a catalogue that can be laid over yours.");
  arguments->config.add_to(*command);
  command->add_option("files", arguments->paths, "Corpus files, or folders of them; default: the shipped ones");
  command->callback([arguments] { run(*arguments); });
}

}  // namespace xrouter::app
