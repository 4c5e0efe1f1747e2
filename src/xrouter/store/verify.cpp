#include "xrouter/store/verify.hpp"

#include "xrouter/store/journal_files.hpp"

namespace xrouter::store {
namespace {

/// `sql` selects the request ids concerned.
struct Check {
  const char* what;
  std::string_view sql;
};

constexpr Check kFaults[] = {
    {"requests whose cost is not the sum of their lines",
     "SELECT id FROM requests WHERE status <> 'running' AND "
     "cost_pico <> (SELECT coalesce(sum(cost_pico), 0) FROM attempts WHERE request = id)"},
    {"requests whose router cost is not the sum of the router's lines",
     "SELECT id FROM requests WHERE status <> 'running' AND "
     "router_cost_pico <> (SELECT coalesce(sum(cost_pico), 0) FROM attempts WHERE request = id AND spender = 'router')"},
    {"requests called complete with a line of unknown cost",
     "SELECT id FROM requests WHERE status <> 'running' AND cost_complete = 1 AND "
     "EXISTS (SELECT 1 FROM attempts WHERE request = id AND cost_complete = 0)"},
    {"requests whose token counts are not the sum of their lines",
     "SELECT id FROM requests WHERE status <> 'running' AND (prompt_tokens, completion_tokens) <> "
     "(SELECT coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0) FROM attempts WHERE request = id)"},
    {"lines without a request", "SELECT request FROM attempts WHERE NOT EXISTS (SELECT 1 FROM requests WHERE id = request)"},
    {"lines without their call",
     "SELECT a.request FROM attempts a WHERE a.spender = 'target' AND NOT EXISTS (SELECT 1 FROM calls c WHERE c.request = a.request AND c.id = a.call)"},
    {"lines without their turn",
     "SELECT a.request FROM attempts a WHERE a.spender = 'router' AND NOT EXISTS (SELECT 1 FROM turns t WHERE t.request = a.request AND t.turn = a.turn)"},
    {"calls without a request", "SELECT request FROM calls WHERE NOT EXISTS (SELECT 1 FROM requests r WHERE r.id = request)"},
    {"turns without a request", "SELECT request FROM turns WHERE NOT EXISTS (SELECT 1 FROM requests r WHERE r.id = request)"},
    {"calls with a gap in their attempts", "SELECT request FROM attempts GROUP BY request, spender, turn, call HAVING count(*) <> max(attempt)"},
    {"calls still open in an ended request",
     "SELECT c.request FROM calls c JOIN requests r ON r.id = c.request WHERE c.status = 'open' AND r.status <> 'running'"},
    {"turns still open in an ended request",
     "SELECT t.request FROM turns t JOIN requests r ON r.id = t.request WHERE t.status = 'open' AND r.status <> 'running'"},
    {"answers that name no successful call",
     "SELECT r.id FROM requests r WHERE r.answer_call <> '' AND NOT EXISTS "
     "(SELECT 1 FROM calls c WHERE c.request = r.id AND c.id = r.answer_call AND c.status = 'ok')"},
};

constexpr Check kNotes[] = {
    {"calls that cost more than was reserved",
     "SELECT c.request FROM calls c WHERE c.reserved_pico IS NOT NULL AND c.reserved_pico < "
     "(SELECT coalesce(sum(cost_pico), 0) FROM attempts a WHERE a.request = c.request AND a.spender = 'target' AND a.turn = c.turn AND a.call = c.id)"},
    {"decisions that cost more than was reserved",
     "SELECT t.request FROM turns t WHERE t.reserved_pico IS NOT NULL AND t.reserved_pico < "
     "(SELECT coalesce(sum(cost_pico), 0) FROM attempts a WHERE a.request = t.request AND a.spender = 'router' AND a.turn = t.turn)"},
    {"requests lost with their process", "SELECT id FROM requests WHERE status = 'lost'"},
    {"requests under way", "SELECT id FROM requests WHERE status = 'running'"},
};

template <std::size_t N>
Result<std::vector<Finding>> run_checks(Database& database, const Check (&checks)[N]) {
  std::vector<Finding> findings;
  for (const Check& check : checks) {
    Finding finding{.what = check.what};
    auto read = database.each(check.sql, [&](const Row& row) {
      if (finding.count++ == 0) finding.example = row.text(0);
    });
    if (!read) return fail(std::move(read.error()));
    if (finding.count > 0) findings.push_back(std::move(finding));
  }
  return findings;
}

Result<void> check_file(Database& database, std::vector<Finding>& faults) {
  return database.each("PRAGMA quick_check(1)", [&](const Row& row) {
    if (row.text(0) != "ok") faults.push_back({.what = "damage in the database file: " + row.text(0), .count = 1});
  });
}

void count(std::vector<Finding>& findings, std::string what, const std::string& request) {
  if (findings.empty() || findings.back().what != what) findings.push_back({.what = std::move(what), .count = 0, .example = request});
  ++findings.back().count;
}

// Every call and decision is admitted only when its reservation fits into the limit, so a request passes
// its limit only when an upstream reports more usage than it was asked for: that is the cost all the
// same. A decision without a recorded reservation (older ledgers) is given the benefit of doubt.
Result<void> check_limits(Database& database, VerifyReport& report) {
  return database.each(
      "SELECT r.id, EXISTS (SELECT 1 FROM calls c JOIN attempts a ON a.request = c.request AND a.turn = c.turn AND a.call = c.id "
      "WHERE c.request = r.id AND a.spender = 'target' GROUP BY c.id "
      "HAVING sum(a.cost_pico) > max(c.reserved_pico) AND sum(a.usage_source = 'reported') > 0) AS excess, "
      "EXISTS (SELECT 1 FROM turns t JOIN attempts a ON a.request = t.request AND a.turn = t.turn "
      "WHERE t.request = r.id AND a.spender = 'router' GROUP BY t.turn "
      "HAVING sum(a.cost_pico) > coalesce(max(t.reserved_pico), 0) AND sum(a.usage_source = 'reported') > 0) "
      "FROM requests r WHERE max_cost_pico IS NOT NULL AND cost_pico > max_cost_pico ORDER BY excess, 3",
      [&](const Row& row) {
        const std::string request = row.text(0);
        if (row.integer(1) != 0)
          count(report.notes, "requests that cost more than their limit because an upstream reported more usage than was reserved", request);
        else if (row.integer(2) != 0)
          count(report.notes, "requests that cost more than their limit, with usage that the router's model reported", request);
        else
          count(report.faults, "requests that cost more than their limit", request);
      });
}

Result<void> check_damage(Database& database, VerifyReport& report) {
  return database.each("SELECT kind, count(*) FROM journal_damage GROUP BY kind ORDER BY kind", [&](const Row& row) {
    const bool torn = row.text(0) == "torn";  // cut at a crash: its append had not returned
    auto& list = torn ? report.notes : report.faults;
    list.push_back({.what = torn ? "unfinished journal lines cut after a crash" : "journal lines that could not be booked (" + row.text(0) + ")", .count = row.integer(1)});
  });
}

Result<void> read_totals(Database& database, VerifyReport& report) {
  return database.each(
      "SELECT (SELECT count(*) FROM requests), (SELECT count(*) FROM attempts), "
      "(SELECT coalesce(sum(cost_pico), 0) FROM attempts WHERE request NOT IN (SELECT id FROM requests WHERE status = 'running')), "
      "(SELECT coalesce(sum(cost_pico), 0) FROM requests WHERE status <> 'running')",
      [&](const Row& row) {
        report.requests = row.integer(0);
        report.lines = row.integer(1);
        report.lines_total = Usd::from_pico(row.integer(2));
        report.requests_total = Usd::from_pico(row.integer(3));
      });
}

Result<void> read_backlog(LedgerReader& reader, VerifyReport& report) {
  Position position;
  auto read = reader.database().each("SELECT segment, offset FROM journal_position", [&](const Row& row) {
    position = {.segment = static_cast<std::uint64_t>(row.integer(0)), .offset = static_cast<std::uint64_t>(row.integer(1))};
  });
  if (read) report.journal_bytes = bytes_after(journal_folder(reader.path()), position);
  return read;
}

}  // namespace

Result<VerifyReport> verify(LedgerReader& reader) {
  VerifyReport report;
  auto faults = run_checks(reader.database(), kFaults);
  if (!faults) return fail(std::move(faults.error()));
  report.faults = std::move(*faults);
  auto notes = run_checks(reader.database(), kNotes);
  if (!notes) return fail(std::move(notes.error()));
  report.notes = std::move(*notes);
  if (auto done = check_file(reader.database(), report.faults); !done) return fail(std::move(done.error()));
  if (auto done = check_limits(reader.database(), report); !done) return fail(std::move(done.error()));
  if (auto done = check_damage(reader.database(), report); !done) return fail(std::move(done.error()));
  if (auto done = read_totals(reader.database(), report); !done) return fail(std::move(done.error()));
  if (auto done = read_backlog(reader, report); !done) return fail(std::move(done.error()));
  return report;
}

}  // namespace xrouter::store
