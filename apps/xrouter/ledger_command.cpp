// xrouter ledger: what was spent, on what, and what routing has saved.
#include <cstdio>
#include <memory>

#include "command.hpp"
#include "config_option.hpp"
#include "ledger_report.hpp"
#include "xrouter/store/since.hpp"

namespace xrouter::app {
namespace {

struct Options {
  ConfigOption config;
  std::string database;
  std::string since;
  std::string reference;
  std::string request;
  std::int64_t limit = 20;
  bool as_json = false;

  // Without --db the configuration says where the ledger lies.
  void complete() {
    if (!database.empty() && !reference.empty()) return;
    std::string path = config::default_ledger_path(config::process_environment);
    if (!config.path.empty() || !config.settings.empty()) {
      const auto loaded = config.load();
      path = loaded->ledger.path;
      if (reference.empty()) reference = loaded->policy.reference_model;
    }
    if (database.empty()) database = path;
  }
};

store::LedgerReader open(Options& options) {
  options.complete();
  auto reader = require(store::LedgerReader::open(options.database));
  if (!options.since.empty()) reader.only_since(require(store::parse_since(options.since, system_clock().wall_now())));
  return reader;
}

template <class Report>
void print(const Options& options, const Report& report) {
  if (options.as_json)
    print_json(report);
  else
    print_text(report);
}

void summarise(Options& options) {
  auto reader = open(options);
  LedgerSummary summary;
  summary.path = options.database;
  summary.totals = require(reader.totals(), kFailed);
  summary.savings = require(store::savings(reader, options.reference), kFailed);
  summary.days = require(reader.spend(store::SpendBy::day), kFailed);
  summary.models = require(reader.spend(store::SpendBy::model), kFailed);
  summary.spenders = require(reader.spend(store::SpendBy::route), kFailed);
  summary.routes = require(reader.routes(), kFailed);
  summary.latencies = require(reader.latencies(), kFailed);
  summary.failures = require(reader.failures(), kFailed);
  print(options, summary);
}

void check(Options& options) {
  auto reader = open(options);
  const store::VerifyReport report = require(store::verify(reader), kFailed);
  print(options, report);
  std::fflush(stdout);
  if (!report.sound()) throw CommandFailure{kFailed, "the ledger " + options.database + " has faults"};
}

// Options of `ledger` may also stand behind the subcommand.
CLI::App* add_part(CLI::App& ledger, const std::string& name, const std::string& description) {
  CLI::App* part = ledger.add_subcommand(name, description);
  part->fallthrough();
  return part;
}

}  // namespace

void add_ledger(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* ledger = program.add_subcommand("ledger", "Show spend, savings, routes and failures from the ledger");
  options->config.add_to(*ledger);
  ledger->add_option("--db", options->database, "Ledger file; without it ledger.path of the configuration, else the default of ledger.path");
  ledger->add_option("--since", options->since, "Only what started since: 24h, 7d, 30m, or a UTC date such as 2026-11-01");
  ledger->add_option("--reference", options->reference, "Model that savings compare with; without it policy.reference_model, else the dearest offered");
  ledger->add_flag("--json", options->as_json, "Print JSON");
  ledger->require_subcommand(0, 1);

  CLI::App* requests = add_part(*ledger, "requests", "List the newest requests");
  requests->add_option("-n,--number", options->limit, "How many")->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}))->capture_default_str();
  requests->callback([options] {
    auto reader = open(*options);
    print(*options, require(reader.recent(options->limit), kFailed));
  });

  CLI::App* show = add_part(*ledger, "show", "Show one request: turns, calls, attempts");
  show->add_option("id", options->request, "Request id, or the beginning of one")->required();
  show->callback([options] {
    auto reader = open(*options);
    print(*options, require(reader.request(options->request), kFailed));
  });

  add_part(*ledger, "models", "Show spend by model")->callback([options] {
    auto reader = open(*options);
    print(*options, require(reader.spend(store::SpendBy::model), kFailed));
  });
  add_part(*ledger, "failures", "Show failures by level and kind")->callback([options] {
    auto reader = open(*options);
    print(*options, require(reader.failures(), kFailed));
  });
  add_part(*ledger, "verify", "Check that every total equals its lines to the pico-dollar")->callback([options] { check(*options); });

  ledger->callback([ledger, options] {
    if (ledger->get_subcommands().empty()) summarise(*options);
  });
}

}  // namespace xrouter::app
