// The disk refuses: a file size limit stands for a full disk (writes are cut short, then fail).
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>

#include "xrouter/base/log.hpp"
#include "xrouter/store/database.hpp"
#include "xrouter/store/journal_files.hpp"
#include "xrouter/store/ledger_store.hpp"
#include "xrouter/store/test_support.hpp"

namespace xrouter::store {
namespace {

// No file of this process may grow beyond `bytes` until the end of the scope.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit tight{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &tight);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

class FullDisk : public ::testing::Test {
 protected:
  FullDisk() { log::set_level(log::Level::off); }
  ~FullDisk() override { log::set_level(log::Level::info); }
  std::unique_ptr<LedgerStore> open(StoreOptions options = {}) {
    options.path = path_;
    auto store = LedgerStore::open(std::move(options));
    EXPECT_TRUE(store) << store.error().describe();
    return store ? std::move(*store) : nullptr;
  }
  std::int64_t value(const char* sql) { return Database::open(path_, Database::Access::read_only)->integer(sql).value_or(-1); }
  // Appends until the disk refuses.
  int fill(LedgerStore& store, int first) {
    for (int i = first; i < first + 100'000; ++i)
      if (!store.append(settled("r", "c" + std::to_string(i), 1))) return i + 1;
    ADD_FAILURE() << "the limit never struck";
    return first;
  }

  TempFolder temp_;
  std::string path_ = temp_.file("ledger.db");
};

TEST_F(FullDisk, stops_accepting_keeps_what_was_refused_and_recovers_by_itself) {
  auto store = open();
  int written = 0;
  {
    FileSizeLimit limit(20'001);  // not a multiple of a record: the last write is cut short
    written = fill(*store, 0);
    EXPECT_FALSE(store->accepting());
    EXPECT_FALSE(store->append(settled("r", "c" + std::to_string(written++), 1)));
    EXPECT_FALSE(store->flush());
    EXPECT_FALSE(store->accepting());
    EXPECT_GT(store->stats().retained_bytes, 0u);
  }
  EXPECT_TRUE(store->flush());
  EXPECT_TRUE(store->accepting());
  EXPECT_EQ(store->stats().retained_bytes, 0u);
  EXPECT_EQ(store->stats().damaged, 0u) << "a cut write leaves no half record";
  EXPECT_EQ(value("SELECT sum(cost_pico) FROM attempts"), written);
}

TEST_F(FullDisk, gives_up_records_only_when_the_memory_for_retries_is_full_and_counts_them) {
  StoreOptions small;
  small.max_retained_bytes = 1000;
  auto store = open(small);
  int written = 0;
  {
    FileSizeLimit limit(10'000);
    written = fill(*store, 0);
    for (int i = 0; i < 10; ++i) EXPECT_FALSE(store->append(settled("r", "c" + std::to_string(written++), 1)));
  }
  EXPECT_TRUE(store->flush());
  EXPECT_GT(store->stats().dropped, 0u);
  EXPECT_EQ(value("SELECT sum(cost_pico) FROM attempts") + static_cast<std::int64_t>(store->stats().dropped), written);
}

TEST_F(FullDisk, a_backlog_over_its_limit_closes_the_door_until_the_database_catches_up) {
  StoreOptions small;
  small.max_journal_bytes = 3000;
  auto store = open(small);
  auto blocker = Database::open(path_, Database::Access::create);
  ASSERT_TRUE(blocker->execute("BEGIN IMMEDIATE"));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(store->append(settled("r", "c" + std::to_string(i), 1))) << "the request path never waits for SQLite";
  EXPECT_FALSE(store->flush()) << "another connection holds the database";
  EXPECT_FALSE(store->accepting());
  EXPECT_GT(store->stats().backlog_bytes, 3000u);
  EXPECT_GT(store->stats().import_errors, 0u);
  ASSERT_TRUE(blocker->execute("COMMIT"));
  EXPECT_TRUE(store->flush());
  EXPECT_TRUE(store->accepting());
  EXPECT_EQ(value("SELECT sum(cost_pico) FROM attempts"), 20);
}

TEST_F(FullDisk, a_folder_that_may_not_be_written_is_a_clear_error) {
  auto nowhere = LedgerStore::open({.path = temp_.file("no/such/folder/ledger.db")});
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().kind, ErrorKind::io);
  EXPECT_NE(nowhere.error().internal_text.find("No such file"), std::string::npos);
}

TEST_F(FullDisk, a_vanished_journal_folder_is_reported_and_comes_back) {
  StoreOptions small;
  small.segment_bytes = 10;  // a new segment for each record
  auto store = open(small);
  ASSERT_TRUE(store->flush());
  const std::string folder = journal_folder(path_);
  std::filesystem::rename(folder, folder + ".away");
  EXPECT_FALSE(store->append(settled("r", "c1", 1)));
  EXPECT_FALSE(store->accepting());
  std::filesystem::rename(folder + ".away", folder);
  EXPECT_TRUE(store->flush());
  EXPECT_TRUE(store->accepting());
  EXPECT_EQ(value("SELECT sum(cost_pico) FROM attempts"), 1);
}

}  // namespace
}  // namespace xrouter::store
