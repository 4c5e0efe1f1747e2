// xrouter data stats: what a sample set holds, and what could be had on it without any router.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "corpus_files.hpp"
#include "data_samples_command.hpp"
#include "text_table.hpp"
#include "xrouter/samples/sample_set.hpp"

namespace xrouter::app {
namespace {

struct StatsArguments {
  ConfigOption config;
  std::vector<std::string> corpora;
  std::string set;
};

/// One way of calling exactly one model on every question.
struct Way {
  std::int64_t right = 0;
  double usd = 0;
  void add(bool correct, Usd cost) {
    right += correct ? 1 : 0;
    usd += cost.to_double();
  }
};

struct Row {
  std::int64_t samples = 0, models = 0;
  double pass_rate = 0;
  Way cheapest, dearest, oracle;
};

struct Choice {
  bool correct = false;
  Usd cost;
};

/// What each offered model answers, at the sample's prices, the cheapest first.
std::vector<Choice> choices_of(const samples::SampleSet& set, std::size_t index) {
  std::vector<Choice> choices;
  for (const samples::SampleModel& model : set.sample(index).models) {
    const corpus::RecordedOutcome* outcome = set.outcome(index, model.model);
    if (!outcome) continue;
    const Price price = samples::scaled(set.catalog()->find(model.model)->price, model.price_permille);
    choices.push_back({.correct = outcome->correct, .cost = price.cost_of(outcome->usage()).known});
  }
  std::sort(choices.begin(), choices.end(), [](const Choice& a, const Choice& b) { return a.cost < b.cost; });
  return choices;
}

void add_to(Row& row, const samples::RouterSample& sample, const std::vector<Choice>& choices) {
  row.samples += 1;
  row.models += static_cast<std::int64_t>(sample.models.size());
  row.pass_rate += sample.pass_rate;
  if (choices.empty()) return;
  const auto right = std::find_if(choices.begin(), choices.end(), [](const Choice& choice) { return choice.correct; });
  const Choice& oracle = right == choices.end() ? choices.front() : *right;
  row.cheapest.add(choices.front().correct, choices.front().cost);
  row.dearest.add(choices.back().correct, choices.back().cost);
  row.oracle.add(oracle.correct, oracle.cost);
}

std::string cell(const Way& way, double samples) { return fmt::format("{:.1f} % at {:.3f}", 100 * static_cast<double>(way.right) / samples, 1000 * way.usd / samples); }

void print_rows(const std::string& heading, const std::map<std::string, Row>& rows) {
  TextTable table{heading, ">SAMPLES", ">MODELS", ">PASS RATE", ">CHEAPEST CALL", ">DEAREST CALL", ">CHEAPEST RIGHT CALL"};
  for (const auto& [name, row] : rows) {
    const double n = static_cast<double>(row.samples);
    table.add({name, fmt::format("{}", row.samples), fmt::format("{:.1f}", static_cast<double>(row.models) / n), fmt::format("{:.2f}", row.pass_rate / n),
               cell(row.cheapest, n), cell(row.dearest, n), cell(row.oracle, n)});
  }
  table.print();
}

void run_stats(const StatsArguments& arguments) {
  const auto config = arguments.config.load();
  const auto set = require(samples::SampleSet::open(arguments.set, open_corpora(arguments.corpora, arguments.config), config->catalog));
  std::map<std::string, Row> strata, sources;
  for (std::size_t i = 0; i < set->size(); ++i) {
    const auto choices = choices_of(*set, i);
    for (Row* row : {&strata[std::string(to_text(set->sample(i).stratum))], &strata["all"], &sources[set->question(i).source]}) add_to(*row, set->sample(i), choices);
  }
  fmt::print("{}: {} samples{}, fnv1a64 {}\n", arguments.set, set->size(), set->made() ? fmt::format(" of split {}", to_text(set->made()->split)) : "", set->fingerprint());
  fmt::print("  a call: share right, US dollars per 1,000 samples at the samples' prices\n");
  print_rows("STRATUM", strata);
  print_rows("SOURCE", sources);
}

}  // namespace

void add_data_stats(CLI::App& data) {
  auto arguments = std::make_shared<StatsArguments>();
  CLI::App* command = data.add_subcommand("stats", "Check a sample set against its corpora, and show what could be had on it without a router.");
  arguments->config.add_to(*command);
  command->add_option("set", arguments->set, "Folder of a sample set, or a samples.jsonl")->required();
  command->add_option("--corpus", arguments->corpora, "Corpus files or folders; default: the shipped ones");
  command->callback([arguments] { run_stats(*arguments); });
}

}  // namespace xrouter::app
