// xrouter models: shows the pool and keeps its prices honest.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>

#include "command.hpp"
#include "config_option.hpp"
#include "models_check.hpp"
#include "models_pull.hpp"
#include "xrouter/config/catalog_file.hpp"
#include "xrouter/config/price_file.hpp"
#include "xrouter/json/writer.hpp"

namespace xrouter::app {
namespace {

using config::PriceFinding;

constexpr std::int64_t kTokensPerMtok = 1'000'000;

std::string per_mtok(const std::optional<Usd>& rate) {
  return rate ? rate->checked_mul(kTokensPerMtok).value_or(Usd::max()).to_decimal() : "?";
}

std::string where(const ModelSpec& model) {
  std::string names = model.upstream.empty() ? "-" : model.upstream;
  for (const Deployment& other : model.alternatives) names += "," + other.upstream;
  return names;
}

void print_table(const config::Config& config, bool all) {
  std::size_t width = 5;
  for (const ModelSpec& model : config.catalog->models()) width = std::max(width, model.id.value.size());
  fmt::print("{:<{}}  {:<11}  {:>9}  {:>9}  {:>9}  {:>9}  {:<10}  {}\n", "MODEL", width, "TIER", "IN $/M", "OUT $/M", "CACHED", "CONTEXT",
             "UPSTREAM", "PRICE OF");
  std::size_t hidden = 0;
  for (const ModelSpec& model : config.catalog->models()) {
    if (!model.active && !all) {
      ++hidden;
      continue;
    }
    fmt::print("{:<{}}  {:<11}  {:>9}  {:>9}  {:>9}  {:>9}  {:<10}  {}\n", model.id.value, width, to_text(model.tier),
               per_mtok(model.price.input), per_mtok(model.price.output),
               model.price.cached_input ? per_mtok(model.price.cached_input) : "-", model.context_tokens, where(model),
               model.price.version());
  }
  if (hidden > 0) fmt::print("{} more are inactive or served by nothing; --all shows them.\n", hidden);
}

void write_rate(json::Writer& out, std::string_view name, const std::optional<Usd>& rate) {
  out.key(name);
  if (rate)
    out.value(per_mtok(rate));
  else
    out.null();
}

void print_json(const config::Config& config, bool all) {
  json::Writer out;
  out.begin_object().key("models").begin_array();
  for (const ModelSpec& model : config.catalog->models()) {
    if (!model.active && !all) continue;
    out.begin_object().field("id", std::string_view(model.id.value)).field("tier", to_text(model.tier)).field("active", model.active);
    out.key("usd_per_mtok").begin_object();
    write_rate(out, "input", model.price.input);
    write_rate(out, "output", model.price.output);
    write_rate(out, "cached_input", model.price.cached_input);
    write_rate(out, "cache_write", model.price.cache_write);
    out.end_object();
    out.field("price_source", std::string_view(model.price.source)).field("price_date", std::string_view(model.price.date));
    out.field("context_tokens", model.context_tokens).field("max_output_tokens", model.max_output_tokens);
    out.field("upstream", std::string_view(model.upstream)).field("upstream_model", std::string_view(model.upstream_model));
    out.key("alternatives").begin_array();
    for (const Deployment& other : model.alternatives)
      out.begin_object().field("upstream", std::string_view(other.upstream)).field("upstream_model", std::string_view(other.model)).end_object();
    out.end_array();
    out.field("description", std::string_view(model.description)).field("note", std::string_view(model.note));
    out.end_object();
  }
  out.end_array().field("config_hash", std::string_view(config.hash)).end_object();
  fmt::print("{}\n", out.take());
}

config::PriceFile read_prices(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw CommandFailure{kUsage, "the file '" + path + "' cannot be read"};
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  auto prices = config::read_price_file(text);
  if (!prices) throw CommandFailure{kUsage, path + ": " + prices.error().describe()};
  return std::move(*prices);
}

void print_findings(const std::vector<PriceFinding>& findings) {
  for (const PriceFinding& finding : findings) fmt::print("{:<12}  {}: {}\n", to_text(finding.kind), finding.key, finding.text);
}

std::string summary(const std::vector<PriceFinding>& findings) {
  std::string text;
  for (int kind = 0; kind <= static_cast<int>(PriceFinding::Kind::absent); ++kind) {
    const auto wanted = static_cast<PriceFinding::Kind>(kind);
    const auto count = std::count_if(findings.begin(), findings.end(), [&](const PriceFinding& finding) { return finding.kind == wanted; });
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, to_text(wanted));
  }
  return text.empty() ? "none" : text;
}

void check_prices(const ConfigOption& options, const std::string& path) {
  const auto config = options.load();
  const config::PriceFile file = read_prices(path);
  print_findings(file.findings);
  const auto differences = config::compare_prices(*config->catalog, file);
  print_findings(differences);
  fmt::print("{} entries that make text. In the file: {}. Against the catalogue: {}.\n", file.entries.size(), summary(file.findings),
             summary(differences));
  const bool differ = std::any_of(differences.begin(), differences.end(),
                                  [](const PriceFinding& each) { return each.kind == PriceFinding::Kind::differs; });
  std::fflush(stdout);
  if (differ) throw CommandFailure{kFailed, "the catalogue and the price file differ"};
}

void import_prices(const ConfigOption& options, const std::string& path, const std::string& date, const std::string& out) {
  const auto config = options.load();
  const config::PriceFile file = read_prices(path);
  const auto models = config::imported_prices(*config->catalog, file, date);
  if (models.empty())
    throw CommandFailure{kFailed, "no model of the catalogue has a price in this file; price_source must be 'LiteLLM <key>'"};
  const std::string text =
      config::catalog_yaml(models, "# Prices imported from a LiteLLM price file" + (date.empty() ? "" : " of " + date) +
                                       ".\n# Name this file under `catalog:` in xrouter.yaml; it lies over the shipped catalogue.");
  if (out.empty()) {
    fmt::print("{}", text);
    return;
  }
  std::ofstream target(out, std::ios::binary | std::ios::trunc);
  target << text;
  target.close();
  if (!target) throw CommandFailure{kFailed, "the file '" + out + "' cannot be written"};
  fmt::print("{}: prices of {} models\n", out, models.size());
}

void add_check_prices(CLI::App& models) {
  auto options = std::make_shared<ConfigOption>();
  auto path = std::make_shared<std::string>();
  CLI::App* command = models.add_subcommand("check-prices", "Look for errors in a LiteLLM price file and compare the catalogue with it");
  command->add_option("file", *path, "model_prices_and_context_window.json")->required();
  options->add_to(*command);
  command->callback([options, path] { check_prices(*options, *path); });
}

void add_import_prices(CLI::App& models) {
  struct Arguments {
    ConfigOption options;
    std::string path, date, out;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = models.add_subcommand("import-prices", "Make a models.yaml with the prices of a LiteLLM price file");
  command->add_option("file", arguments->path, "model_prices_and_context_window.json")->required();
  command->add_option("--date", arguments->date, "Day of the file, such as 2025-09-01");
  command->add_option("--out", arguments->out, "File to write; without it the text is printed");
  arguments->options.add_to(*command);
  command->callback([arguments] { import_prices(arguments->options, arguments->path, arguments->date, arguments->out); });
}

}  // namespace

void add_models(CLI::App& program) {
  struct Arguments {
    ConfigOption options;
    bool as_json = false;
    bool all = false;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* models = program.add_subcommand("models", "Show the models of the pool, their prices and where they run");
  arguments->options.add_to(*models);
  models->add_flag("--json", arguments->as_json, "Print JSON");
  models->add_flag("--all", arguments->all, "Include inactive models and those that nothing serves");
  add_models_check(*models);
  add_models_pull(*models);
  add_check_prices(*models);
  add_import_prices(*models);
  models->callback([models, arguments] {
    if (!models->get_subcommands().empty()) return;
    const auto config = arguments->options.load();
    if (arguments->as_json)
      print_json(*config, arguments->all);
    else
      print_table(*config, arguments->all);
  });
}

}  // namespace xrouter::app
