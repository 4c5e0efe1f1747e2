#include "xrouter/store/ledger_store.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "xrouter/base/log.hpp"
#include "xrouter/store/database.hpp"
#include "xrouter/store/importer.hpp"
#include "xrouter/store/journal_frame.hpp"
#include "xrouter/store/record_parts.hpp"
#include "xrouter/store/record_text.hpp"
#include "xrouter/store/schema.hpp"
#include "xrouter/store/test_support.hpp"

namespace xrouter::store {
namespace {

class Store : public ::testing::Test {
 protected:
  Store() { log::set_level(log::Level::off); }
  ~Store() override { log::set_level(log::Level::info); }

  std::unique_ptr<LedgerStore> open(StoreOptions options = {}) {
    options.path = path_;
    auto store = LedgerStore::open(std::move(options));
    EXPECT_TRUE(store) << store.error().describe();
    return store ? std::move(*store) : nullptr;
  }
  std::int64_t value(const char* sql) {
    auto database = Database::open(path_, Database::Access::read_only);
    EXPECT_TRUE(database);
    auto result = database->integer(sql);
    EXPECT_TRUE(result) << result.error().describe();
    return result.value_or(-1);
  }
  void append_request(LedgerStore& store, const std::string& request, std::int64_t pico) {
    for (const Record& record : {Record(started(request)), Record(reserved(request, "c1", 10 * pico)), Record(settled(request, "c1", pico)), Record(finished(request, pico))})
      ASSERT_TRUE(store.append(record));
  }
  std::size_t segments() const { return list_segments(journal_folder(path_))->size(); }

  TempFolder temp_;
  std::string path_ = temp_.file("ledger.db");
};

TEST_F(Store, books_a_request_to_the_pico_dollar) {
  auto store = open();
  append_request(*store, "r1", 123);
  ASSERT_TRUE(store->flush());
  EXPECT_EQ(value("SELECT cost_pico FROM requests WHERE id = 'r1' AND status = 'ok'"), 123);
  EXPECT_EQ(value("SELECT sum(cost_pico) FROM attempts"), 123);
  EXPECT_EQ(value("SELECT count(*) FROM calls WHERE status = 'ok' AND reserved_pico = 1230"), 1);
  EXPECT_EQ(store->stats().booked, 4u);
  EXPECT_EQ(store->stats().backlog_bytes, 0u);
}

TEST_F(Store, books_by_itself_when_nobody_waits_for_it) {
  StoreOptions brisk;
  brisk.flush_interval = std::chrono::milliseconds(1);
  auto store = open(brisk);
  append_request(*store, "r1", 123);
  const auto patience = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (store->stats().backlog_bytes > 0 && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
  EXPECT_EQ(store->stats().booked, 4u);
  EXPECT_EQ(value("SELECT sum(cost_pico) FROM attempts"), 123);
}

TEST_F(Store, a_clean_end_books_everything_and_leaves_no_journal) {
  { append_request(*open(), "r1", 5); }
  EXPECT_EQ(value("SELECT sum(cost_pico) FROM attempts"), 5);
  EXPECT_EQ(segments(), 0u);
  { append_request(*open(), "r2", 6); }
  EXPECT_EQ(value("SELECT sum(cost_pico) FROM requests"), 11);
}

TEST_F(Store, consumed_segments_are_deleted) {
  StoreOptions small;
  small.segment_bytes = 1000;
  auto store = open(small);
  for (int i = 0; i < 50; ++i) append_request(*store, "r" + std::to_string(i), i);
  ASSERT_TRUE(store->flush());
  EXPECT_LE(segments(), 1u);
  EXPECT_EQ(value("SELECT sum(cost_pico) FROM attempts"), 49 * 50 / 2);
}

TEST_F(Store, a_call_without_a_settlement_is_booked_lost_at_its_reservation_once) {
  {
    auto store = open();
    ASSERT_TRUE(store->append(started("r1")));
    ASSERT_TRUE(store->append(reserved("r1", "c1", 900)));
    ASSERT_TRUE(store->append(settled("r1", "c1", 40)));
    ASSERT_TRUE(store->append(reserved("r1", "c2", 700)));
  }
  for (int restart = 0; restart < 3; ++restart) {
    open();
    EXPECT_EQ(value("SELECT sum(cost_pico) FROM attempts"), 740);
    EXPECT_EQ(value("SELECT count(*) FROM attempts WHERE status = 'lost' AND cost_estimated = 1 AND usage_source = 'none' AND cost_complete = 1"), 1);
    EXPECT_EQ(value("SELECT cost_pico FROM requests WHERE status = 'lost' AND cost_estimated = 1"), 740);
  }
}

TEST_F(Store, a_lost_call_without_a_known_price_makes_the_total_incomplete) {
  {
    auto store = open();
    ReservedRecord unknown = reserved("r1", "c1", 0);
    unknown.amount.reset();
    ASSERT_TRUE(store->append(started("r1")));
    ASSERT_TRUE(store->append(unknown));
  }
  open();
  EXPECT_EQ(value("SELECT count(*) FROM requests WHERE status = 'lost' AND cost_complete = 0 AND cost_pico = 0"), 1);
}

TEST_F(Store, a_decision_without_a_settlement_is_booked_lost_at_its_reservation_once) {
  {
    auto store = open();
    StartedRecord start = started("r1");
    start.policy_bills = true;
    ASSERT_TRUE(store->append(start));
    ASSERT_TRUE(store->append(decision_reserved("r1", 1, 900)));
    TurnRecord decided{.request = RequestId("r1"), .turn = 1, .tool_calls = 1, .attempts = {attempt_costing(30)}};
    ASSERT_TRUE(store->append(decided));
    ASSERT_TRUE(store->append(decision_reserved("r1", 2, 500)));
  }
  for (int restart = 0; restart < 3; ++restart) {
    open();
    EXPECT_EQ(value("SELECT sum(cost_pico) FROM attempts WHERE spender = 'router'"), 530);
    EXPECT_EQ(value("SELECT count(*) FROM attempts WHERE status = 'lost' AND turn = 2 AND model = 'small' AND cost_estimated = 1"), 1);
    EXPECT_EQ(value("SELECT count(*) FROM turns WHERE status = 'lost'"), 1);
    EXPECT_EQ(value("SELECT router_cost_pico FROM requests WHERE status = 'lost' AND cost_complete = 1 AND cost_estimated = 1"), 530);
  }
}

TEST_F(Store, a_billing_policy_that_may_have_been_deciding_makes_the_total_incomplete) {
  {
    auto store = open();
    StartedRecord start = started("r1");
    start.policy_bills = true;
    ASSERT_TRUE(store->append(start));
    ASSERT_TRUE(store->append(started("r2")));
  }
  open();
  EXPECT_EQ(value("SELECT cost_complete FROM requests WHERE id = 'r1'"), 0);
  EXPECT_EQ(value("SELECT cost_complete FROM requests WHERE id = 'r2'"), 1);
}

TEST_F(Store, bills_and_pools_of_any_length_are_booked_whole) {
  constexpr int kMany = 2000;
  SettledRecord long_bill = settled("r1", "c1", 1);
  long_bill.attempts[0].upstream_id = std::string(10'000, '\x01');
  long_bill.attempts.resize(kMany, long_bill.attempts[0]);
  TurnRecord long_turn{.request = RequestId("r1"), .turn = 1, .attempts = long_bill.attempts};
  PoolRecord long_pool{.pool = "p1", .offers = {}};
  for (int i = 0; i < kMany; ++i) long_pool.offers.push_back({.model = ModelId(std::to_string(i) + std::string(300, 'm')), .tier = "t", .price_version = "v"});
  {
    auto store = open();
    for (const Record& record : {Record(long_pool), Record(started("r1")), Record(long_turn), Record(reserved("r1", "c1", 5 * kMany)), Record(long_bill), Record(finished("r1", 2 * kMany))})
      ASSERT_TRUE(store->append(record));
    ASSERT_TRUE(store->flush());
    EXPECT_EQ(store->stats().dropped, 0u);
    EXPECT_EQ(store->stats().damaged, 0u);
  }
  EXPECT_EQ(value("SELECT sum(cost_pico) FROM attempts WHERE spender = 'target'"), kMany);
  EXPECT_EQ(value("SELECT max(attempt) FROM attempts WHERE spender = 'router'"), kMany);
  EXPECT_EQ(value("SELECT count(*) FROM calls WHERE status = 'ok'"), 1);
  EXPECT_EQ(value("SELECT count(*) FROM turns WHERE status = 'ok'"), 1);
  EXPECT_EQ(value("SELECT count(*) FROM pool_models"), kMany);
}

TEST_F(Store, parts_of_the_longest_texts_fit_a_line) {
  SettledRecord worst = settled(std::string(999, '\x01'), std::string(999, '\x01'), std::numeric_limits<std::int64_t>::min());
  AttemptRecord& attempt = worst.attempts[0];
  const std::string text(kMaxTextBytes, '\x01');  // six bytes of JSON each
  attempt.model = ModelId(text);
  attempt.price_version = attempt.upstream_id = attempt.deployment = text;
  attempt.usage = {1'000'000'000, 1'000'000'000, 1'000'000'000, 1'000'000'000, 1'000'000'000, 1'000'000'000, 1'000'000'000, 1'000'000'000, 1'000'000'000};
  worst.attempts.resize(100, attempt);
  const auto parts = parts_of(worst);
  ASSERT_EQ(parts.size(), 4u);
  for (const Record& part : parts) EXPECT_LT(frame(to_json(part)).size(), kMaxFrameBytes);
  EXPECT_EQ(std::get<SettledRecord>(parts.back()).first_attempt, 1) << "the part that closes the call comes last";
  EXPECT_EQ(std::get<SettledRecord>(parts.front()).first_attempt, 97);
}

TEST_F(Store, records_given_together_are_one_write) {
  auto store = open();
  const std::vector<Record> records{started("r1"), reserved("r1", "c1", 50), settled("r1", "c1", 5)};
  ASSERT_TRUE(store->append(records));
  EXPECT_EQ(store->stats().journal_writes, 1u);
  EXPECT_EQ(store->stats().appended, 3u);
  ASSERT_TRUE(store->flush());
  EXPECT_EQ(store->stats().booked, 3u);
}

TEST_F(Store, an_abandoned_request_closes_alone) {
  auto store = open();
  for (const char* request : {"r1", "r2"}) {
    ASSERT_TRUE(store->append(started(request)));
    ASSERT_TRUE(store->append(reserved(request, "c1", 50)));
  }
  ASSERT_TRUE(store->append(AbandonedRecord{.request = RequestId("r1")}));
  ASSERT_TRUE(store->flush());
  EXPECT_EQ(value("SELECT count(*) FROM requests WHERE status = 'lost' AND id = 'r1'"), 1);
  EXPECT_EQ(value("SELECT count(*) FROM calls WHERE status = 'open' AND request = 'r2'"), 1);
}

TEST_F(Store, four_threads_append_and_nothing_is_missing_or_twice) {
  StoreOptions small;
  small.segment_bytes = 20'000;
  auto store = open(small);
  constexpr int kThreads = 4, kEach = 250;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < kEach; ++i) append_request(*store, std::to_string(t) + "-" + std::to_string(i), i);
      });
  }
  ASSERT_TRUE(store->flush());
  EXPECT_EQ(value("SELECT count(*) FROM requests WHERE status = 'ok'"), kThreads * kEach);
  EXPECT_EQ(value("SELECT sum(cost_pico) FROM attempts"), kThreads * kEach * (kEach - 1) / 2);
  EXPECT_EQ(store->stats().damaged, 0u);
}

TEST_F(Store, a_second_process_is_refused) {
  auto store = open();
  auto second = LedgerStore::open({.path = path_});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().public_text, "The ledger is in use by another process.");
}

TEST_F(Store, refuses_files_that_are_no_ledger_or_too_new) {
  write_file(path_, "this is not a database, only some text that is long enough to look at");
  EXPECT_EQ(LedgerStore::open({.path = path_}).error().public_text, "The file is not a ledger of xrouter.");

  std::filesystem::remove(path_);
  {
    auto foreign = Database::open(path_, Database::Access::create);
    ASSERT_TRUE(foreign->execute("CREATE TABLE somebody_elses(x)"));
  }
  EXPECT_EQ(LedgerStore::open({.path = path_}).error().public_text, "The file is not a ledger of xrouter.");

  std::filesystem::remove(path_);
  open();
  {
    auto newer = Database::open(path_, Database::Access::create);
    ASSERT_TRUE(newer->execute("PRAGMA user_version = 99"));
  }
  const auto refused = LedgerStore::open({.path = path_});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().public_text.find("newer xrouter (schema 99"), std::string::npos);
}

// A file of an earlier version is today's with the later migrations taken back.
TEST_F(Store, a_ledger_of_each_earlier_version_keeps_its_bookings_and_takes_new_ones) {
  const std::string back_to_2 =
      "DROP INDEX turns_open; ALTER TABLE turns DROP COLUMN price_version; ALTER TABLE turns DROP COLUMN reserved_pico;"
      "ALTER TABLE turns DROP COLUMN reserved_ms; ALTER TABLE turns DROP COLUMN model; PRAGMA user_version = 2;";
  const std::string back_to_1 = back_to_2 + "ALTER TABLE attempts DROP COLUMN deployment; PRAGMA user_version = 1;";
  for (const std::string& back : {back_to_1, back_to_2}) {
    std::filesystem::remove(path_);
    append_request(*open(), "old", 7);
    {
      auto earlier = Database::open(path_, Database::Access::create);
      ASSERT_TRUE(earlier->execute(back));
    }
    {
      auto store = open();
      ASSERT_TRUE(store);
      append_request(*store, "new", 11);
      ASSERT_TRUE(store->append(decision_reserved("paid", 1, 500)));
    }
    EXPECT_EQ(value("PRAGMA user_version"), kSchemaVersion);
    EXPECT_EQ(value("SELECT sum(cost_pico) FROM requests WHERE id IN ('old', 'new') AND status = 'ok'"), 18);
    EXPECT_EQ(value("SELECT count(*) FROM attempts WHERE request = 'new' AND deployment = 'vendor#2'"), 1);
    EXPECT_EQ(value("SELECT count(*) FROM turns WHERE request = 'paid' AND reserved_pico = 500"), 1);
  }
}

// What a dead process leaves behind, written by hand.
class Journal : public Store {
 protected:
  void leave(std::uint64_t segment, const std::string& bytes) {
    std::filesystem::create_directories(journal_folder(path_));
    write_file(segment_path(journal_folder(path_), segment), bytes);
  }
};

TEST_F(Journal, replaying_twice_is_replaying_once) {
  std::string bytes;
  for (const Record& record : {Record(started("r1")), Record(reserved("r1", "c1", 50)), Record(settled("r1", "c1", 5)), Record(finished("r1", 5))}) bytes += frame(to_json(record));
  auto dump = [&] { return std::tuple(value("SELECT count(*) FROM requests"), value("SELECT sum(cost_pico) FROM attempts"), value("SELECT count(*) FROM calls")); };
  leave(1, bytes);
  open();
  const auto once = dump();
  leave(1'000'000, bytes);  // the same records again, as if the position had been lost
  open();
  EXPECT_EQ(dump(), once);
  EXPECT_EQ(once, std::tuple(1, 5, 1));
}

TEST_F(Journal, an_import_that_is_told_to_stop_goes_on_where_it_was) {
  open();  // makes the tables
  for (std::uint64_t segment = 1; segment <= 3; ++segment) leave(segment, frame(to_json(settled("r1", "c" + std::to_string(segment), 5))));
  auto database = Database::open(path_, Database::Access::create);
  ASSERT_TRUE(database);
  Importer importer(*database, journal_folder(path_), system_clock());
  const Position end{.segment = 4, .offset = 0};
  std::atomic<bool> stop{true};
  ASSERT_TRUE(importer.import_until(end, &stop));
  EXPECT_EQ(importer.booked(), 0u);
  EXPECT_LT(importer.position(), end);
  stop = false;
  ASSERT_TRUE(importer.import_until(end, &stop));
  EXPECT_EQ(importer.booked(), 3u);
  EXPECT_EQ(importer.position(), end);
}

TEST_F(Journal, a_torn_tail_is_cut_and_reported_once) {
  const std::string last = frame(to_json(settled("r1", "c1", 5)));
  leave(1, frame(to_json(started("r1"))) + last.substr(0, last.size() / 2));
  EXPECT_EQ(open()->stats().damaged, 1u);
  EXPECT_EQ(open()->stats().damaged, 0u);
  EXPECT_EQ(value("SELECT count(*) FROM journal_damage WHERE kind = 'torn'"), 1);
  EXPECT_EQ(value("SELECT count(*) FROM attempts"), 0);
}

TEST_F(Journal, damage_in_the_middle_loses_that_record_only_and_keeps_the_segment) {
  std::string bad = frame(to_json(settled("r1", "c1", 5)));
  bad[bad.size() / 2] ^= 1;
  leave(1, frame(to_json(started("r1"))) + bad + frame(to_json(settled("r1", "c2", 7))) + frame(R"({"kind":"from the future"})"));
  EXPECT_EQ(open()->stats().damaged, 2u);
  EXPECT_EQ(value("SELECT sum(cost_pico) FROM attempts"), 7);
  EXPECT_EQ(value("SELECT count(*) FROM journal_damage WHERE kind = 'damaged'"), 1);
  EXPECT_EQ(value("SELECT count(*) FROM journal_damage WHERE kind = 'unreadable'"), 1);
  EXPECT_TRUE(std::filesystem::exists(segment_path(journal_folder(path_), 1) + ".damaged"));
}

TEST_F(Journal, an_import_that_dies_between_commit_and_deletion_books_nothing_twice) {
  leave(1, frame(to_json(started("r1"))) + frame(to_json(settled("r1", "c1", 5))));
  const std::string bytes = read_file(segment_path(journal_folder(path_), 1));
  open();
  leave(1, bytes);
  open();
  EXPECT_EQ(value("SELECT sum(cost_pico) FROM attempts"), 5);
  EXPECT_EQ(segments(), 0u);
}

}  // namespace
}  // namespace xrouter::store
