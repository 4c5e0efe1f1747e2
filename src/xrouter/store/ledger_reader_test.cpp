#include "xrouter/store/ledger_reader.hpp"

#include <gtest/gtest.h>

#include "xrouter/store/booking.hpp"
#include "xrouter/store/schema.hpp"
#include "xrouter/store/test_support.hpp"
#include "xrouter/store/verify.hpp"

namespace xrouter::store {
namespace {

class Reader : public ::testing::Test {
 protected:
  Reader() : database_(*Database::open(temp_.file("ledger.db"), Database::Access::create)) { EXPECT_TRUE(migrate(database_)); }
  void write(const Record& record) { ASSERT_TRUE(book(database_, record)); }
  void write_request(const std::string& id, std::int64_t pico, WallTime at = kNoon) {
    StartedRecord start = started(id);
    start.at = at;
    SettledRecord done = settled(id, "c1", pico);
    done.attempts[0].started = at;
    write(start);
    write(reserved(id, "c1", 10 * pico));
    write(done);
    write(finished(id, pico));
  }
  LedgerReader reader() { return *LedgerReader::open(temp_.file("ledger.db")); }
  void break_with(const char* sql) { ASSERT_TRUE(database_.execute(sql)); }
  std::string first_fault() {
    auto ledger = reader();
    auto report = verify(ledger);
    if (!report) return report.error().describe();
    return report->faults.empty() ? (report->sound() ? "sound" : "totals differ") : report->faults[0].what;
  }

  TempFolder temp_;
  Database database_;
};

TEST_F(Reader, sums_are_exact_by_day_model_and_route) {
  write_request("r1", 9'007'199'254'740'993);  // 2^53 + 1: lost in a double
  write_request("r2", 2, kNoon + std::chrono::days(1));
  auto ledger = reader();
  EXPECT_EQ(ledger.totals()->cost.known.pico(), 9'007'199'254'740'995);
  auto days = ledger.spend(SpendBy::day);
  ASSERT_EQ(days->size(), 2u);
  EXPECT_EQ((*days)[0].name, "2027-01-15");
  EXPECT_EQ((*days)[1].cost.known.pico(), 2);
  EXPECT_EQ((*ledger.spend(SpendBy::model))[0].name, "small");
  EXPECT_EQ((*ledger.spend(SpendBy::route))[0].name, "target");
  ledger.only_since(kNoon + std::chrono::hours(1));
  EXPECT_EQ(ledger.totals()->requests, 1);
  EXPECT_EQ(ledger.totals()->cost.known.pico(), 2);
}

TEST_F(Reader, a_sum_beyond_int64_is_an_error_not_a_wrong_number) {
  write_request("r1", 9'000'000'000'000'000'000 / 10);
  for (int i = 2; i < 13; ++i) write_request("r" + std::to_string(i), 9'000'000'000'000'000'000 / 10);
  auto totals = reader().totals();
  ASSERT_FALSE(totals);
  EXPECT_NE(totals.error().internal_text.find("overflow"), std::string::npos);
}

TEST_F(Reader, failures_are_counted_by_level_and_kind) {
  SettledRecord failed = settled("r1", "c1", 3);
  failed.error = ErrorKind::upstream_unreachable;
  failed.attempts = {attempt_costing(3), attempt_costing(0)};
  failed.attempts[0].error = ErrorKind::attempt_timeout;
  failed.attempts[1].error = ErrorKind::upstream_unreachable;
  FinishedRecord end = finished("r1", 3);
  end.error = ErrorKind::upstream_unreachable;
  write(started("r1"));
  write(failed);
  write(end);
  auto rows = reader().failures();
  ASSERT_TRUE(rows) << rows.error().describe();
  ASSERT_EQ(rows->size(), 4u);
  EXPECT_EQ((*rows)[0].level, "request");
  EXPECT_EQ((*rows)[1].level, "call");
  EXPECT_EQ((*rows)[2].kind, "attempt_timeout");
  EXPECT_EQ((*rows)[2].cost->known.pico(), 3);
}

TEST_F(Reader, percentiles_are_nearest_rank) {
  for (int i = 1; i <= 100; ++i) {
    FinishedRecord end = finished("r" + std::to_string(i), 0);
    end.latency = std::chrono::milliseconds(i);
    write(started(end.request.value));
    write(end);
  }
  auto latencies = reader().latencies();
  EXPECT_EQ(latencies->request.count, 100);
  EXPECT_EQ(latencies->request.p50, std::chrono::milliseconds(50));
  EXPECT_EQ(latencies->request.p90, std::chrono::milliseconds(90));
  EXPECT_EQ(latencies->request.p99, std::chrono::milliseconds(99));
  EXPECT_EQ(latencies->first_token.count, 0);
}

TEST_F(Reader, finds_a_request_by_the_beginning_of_its_id) {
  write_request("chatcmpl-abc1", 5);
  write_request("chatcmpl-abd2", 6);
  EXPECT_EQ(reader().request("chatcmpl-abc")->request.id.value, "chatcmpl-abc1");
  EXPECT_EQ(reader().request("chatcmpl-ab").error().public_text, "Several requests begin with chatcmpl-ab; give more of the id.");
  EXPECT_EQ(reader().request("chatcmpl-%").error().public_text, "The ledger has no request chatcmpl-%.");
  EXPECT_EQ((*reader().recent(1))[0].id.value, "chatcmpl-abd2");
}

TEST_F(Reader, verify_finds_a_single_pico_dollar_and_every_kind_of_gap) {
  write_request("r1", 5);
  write_request("r2", 6);
  EXPECT_EQ(first_fault(), "sound");
  const std::pair<const char*, const char*> breaks[] = {
      {"UPDATE requests SET cost_pico = cost_pico + 1 WHERE id = 'r1'", "requests whose cost is not the sum of their lines"},
      {"UPDATE requests SET router_cost_pico = 1 WHERE id = 'r1'", "requests whose router cost is not the sum of the router's lines"},
      {"UPDATE attempts SET cost_complete = 0", "requests called complete with a line of unknown cost"},
      {"UPDATE attempts SET prompt_tokens = 1 WHERE request = 'r1'", "requests whose token counts are not the sum of their lines"},
      {"DELETE FROM requests WHERE id = 'r1'", "lines without a request"},
      {"DELETE FROM calls WHERE request = 'r1'", "lines without their call"},
      {"UPDATE attempts SET attempt = 2 WHERE request = 'r1'", "calls with a gap in their attempts"},
      {"UPDATE calls SET status = 'open' WHERE request = 'r1'", "calls still open in an ended request"},
      {"UPDATE calls SET status = 'overloaded' WHERE request = 'r1'", "answers that name no successful call"},
      {"INSERT INTO journal_damage VALUES(1, 0, 10, 'damaged', 0)", "journal lines that could not be booked (damaged)"},
      {"INSERT INTO turns(request, turn, status, tool_calls, committed, latency_ns) VALUES('nobody', 1, 'ok', 0, 0, 0)", "turns without a request"},
      {"INSERT INTO turns(request, turn, status, tool_calls, committed, latency_ns) VALUES('r1', 1, 'open', 0, 0, 0)", "turns still open in an ended request"},
  };
  for (const auto& [sql, fault] : breaks) {
    break_with("BEGIN");
    break_with(sql);
    break_with("COMMIT");
    EXPECT_EQ(first_fault(), fault);
    break_with("DELETE FROM requests; DELETE FROM calls; DELETE FROM attempts; DELETE FROM turns; DELETE FROM journal_damage");
    write_request("r1", 5);
    write_request("r2", 6);
    ASSERT_EQ(first_fault(), "sound");
  }
}

TEST_F(Reader, verify_faults_a_request_over_its_limit_unless_its_upstream_reported_the_excess) {
  const auto limited = [&](std::int64_t reserved_pico, UsageSource source) {
    break_with("DELETE FROM requests; DELETE FROM calls; DELETE FROM attempts; DELETE FROM turns");
    StartedRecord start = started("r1");
    start.max_cost = Usd::from_pico(100);
    SettledRecord done = settled("r1", "c1", 105);
    done.attempts[0].usage_source = source;
    write(start);
    write(reserved("r1", "c1", reserved_pico));
    write(done);
    write(finished("r1", 105));
  };
  limited(90, UsageSource::reported);
  EXPECT_EQ(first_fault(), "sound");
  {
    auto ledger = reader();  // holds the file while it is open
    EXPECT_EQ(verify(ledger)->notes.back().what, "requests that cost more than their limit because an upstream reported more usage than was reserved");
  }
  limited(90, UsageSource::estimated);
  EXPECT_EQ(first_fault(), "requests that cost more than their limit") << "we counted more than we reserved";
  limited(200, UsageSource::reported);
  EXPECT_EQ(first_fault(), "requests that cost more than their limit") << "reserved above the limit";
}

TEST(ReaderOpen, says_what_is_wrong_with_the_file) {
  TempFolder temp;
  const std::string path = temp.file("ledger.db");
  EXPECT_EQ(LedgerReader::open(path).error().public_text, "There is no ledger at " + path + ".");
  write_file(path, "");
  EXPECT_EQ(LedgerReader::open(path).error().public_text, "The file is empty, not a ledger of xrouter.");
  write_file(path, std::string(5000, 'x'));
  EXPECT_EQ(LedgerReader::open(path).error().public_text, "The file is not a ledger of xrouter.");
}

TEST_F(Reader, reads_while_another_connection_writes) {
  break_with("PRAGMA journal_mode = WAL");
  write_request("r1", 5);
  break_with("BEGIN IMMEDIATE");
  write_request("r2", 6);
  EXPECT_EQ(reader().totals()->requests, 1);
  break_with("COMMIT");
  EXPECT_EQ(reader().totals()->requests, 2);
}

}  // namespace
}  // namespace xrouter::store
