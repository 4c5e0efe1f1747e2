// What `xrouter ledger` prints, as text for people and as JSON for programs.
#pragma once

#include <string>
#include <vector>

#include "xrouter/store/ledger_reader.hpp"
#include "xrouter/store/savings.hpp"
#include "xrouter/store/verify.hpp"

namespace xrouter::app {

struct LedgerSummary {
  std::string path;
  store::Totals totals;
  store::Savings savings;
  std::vector<store::SpendRow> days;
  std::vector<store::SpendRow> models;
  std::vector<store::SpendRow> spenders;
  store::Routes routes;
  store::Latencies latencies;
  std::vector<store::FailureRow> failures;
};

void print_text(const LedgerSummary& summary);
void print_text(const std::vector<store::RequestRow>& requests);
void print_text(const store::RequestDetail& detail);
void print_text(const std::vector<store::SpendRow>& models);
void print_text(const std::vector<store::FailureRow>& failures);
void print_text(const store::VerifyReport& report);

// Money in JSON: "cost_usd" is exact decimal text and null when a part is unknown; "known_usd" is
// then the lower bound. Durations are in milliseconds, times in ISO 8601 UTC.
void print_json(const LedgerSummary& summary);
void print_json(const std::vector<store::RequestRow>& requests);
void print_json(const store::RequestDetail& detail);
void print_json(const std::vector<store::SpendRow>& models);
void print_json(const std::vector<store::FailureRow>& failures);
void print_json(const store::VerifyReport& report);

/// "2026-11-22T01:29:35.123Z"
std::string iso_time(WallTime when);

}  // namespace xrouter::app
