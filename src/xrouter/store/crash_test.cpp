// A real process, real files, kill -9 at random moments.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>
#include <vector>

#include "xrouter/base/log.hpp"
#include "xrouter/base/rng.hpp"
#include "xrouter/store/database.hpp"
#include "xrouter/store/ledger_store.hpp"
#include "xrouter/store/test_support.hpp"

namespace xrouter::store {
namespace {

constexpr std::uint64_t kSeed = 20260101;
constexpr int kRounds = 15;
constexpr int kWriters = 3;

// Whole requests of 7 pico-dollars each, every one announced on the pipe after its last append has
// returned.
void write_requests(LedgerStore& store, const std::string& prefix, int pipe) {
  for (int number = 0;; ++number) {
    const std::string request = prefix + std::to_string(number);
    for (const Record& record : {Record(started(request)), Record(reserved(request, "c1", 100)), Record(settled(request, "c1", 7)), Record(finished(request, 7))})
      if (!store.append(record)) ::_exit(4);
    const char byte = '.';
    if (::write(pipe, &byte, 1) != 1) ::_exit(5);
  }
}

// The child.
[[noreturn]] void write_until_killed(const std::string& path, int round, int pipe) {
  StoreOptions options;
  options.path = path;
  options.segment_bytes = 4000;  // many rotations
  options.flush_interval = std::chrono::milliseconds(1);
  auto store = LedgerStore::open(std::move(options));
  if (!store) ::_exit(3);
  std::vector<std::jthread> writers;
  for (int writer = 0; writer < kWriters; ++writer)
    writers.emplace_back([&, prefix = "r" + std::to_string(round) + "-" + std::to_string(writer) + "-"] { write_requests(**store, prefix, pipe); });
  for (;;) ::pause();
}

// Kills the child after it has announced `goal` requests; returns how many it had announced.
int run_and_kill(const std::string& path, int round, int goal) {
  int pipe[2];
  if (::pipe(pipe) != 0) return -1;
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(pipe[0]);
    write_until_killed(path, round, pipe[1]);
  }
  ::close(pipe[1]);
  int announced = 0;
  char byte = 0;
  while (announced < goal && ::read(pipe[0], &byte, 1) == 1) ++announced;
  ::kill(child, SIGKILL);
  while (::read(pipe[0], &byte, 1) == 1) ++announced;
  ::close(pipe[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "child ended by itself: " << status;
  return announced;
}

TEST(Crash, kill_9_at_random_moments_loses_nothing_announced_and_books_nothing_twice) {
  log::set_level(log::Level::off);
  TempFolder temp;
  const std::string path = temp.file("ledger.db");
  Rng rng(kSeed);
  std::vector<int> announced;
  for (int round = 0; round < kRounds; ++round) {
    announced.push_back(run_and_kill(path, round, 1 + static_cast<int>(rng.below(400))));
    ASSERT_GE(announced.back(), 1);
    if (rng.chance(0.5)) continue;  // the next child itself recovers
    auto store = LedgerStore::open({.path = path});
    ASSERT_TRUE(store) << store.error().describe();
  }
  { ASSERT_TRUE(LedgerStore::open({.path = path})); }
  log::set_level(log::Level::info);

  auto database = Database::open(path, Database::Access::read_only);
  ASSERT_TRUE(database);
  for (int round = 0; round < kRounds; ++round) {
    const auto like = "r" + std::to_string(round) + "-%";
    // Each writer may have had one request under way, or written and not announced.
    const auto booked = *database->integer("SELECT count(*) FROM requests WHERE id LIKE ? AND status = 'ok'", like);
    EXPECT_GE(booked, announced[static_cast<std::size_t>(round)]) << "round " << round;
    EXPECT_LE(booked, announced[static_cast<std::size_t>(round)] + kWriters) << "round " << round;
    EXPECT_EQ(*database->integer("SELECT count(*) FROM attempts WHERE request LIKE ? AND status = 'ok' AND cost_pico = 7", like) - booked,
              *database->integer("SELECT count(*) FROM requests WHERE id LIKE ? AND status = 'lost' AND cost_pico = 7", like))
        << "one line per settled call";
  }
  EXPECT_EQ(*database->integer("SELECT count(*) FROM requests WHERE cost_pico <> (SELECT coalesce(sum(cost_pico), 0) FROM attempts WHERE request = id)"), 0);
  EXPECT_EQ(*database->integer("SELECT count(*) FROM calls WHERE status = 'open'"), 0);
  EXPECT_EQ(*database->integer("SELECT count(*) FROM requests WHERE status = 'running'"), 0);
  EXPECT_EQ(*database->integer("SELECT count(*) FROM journal_damage WHERE kind <> 'torn'"), 0);
}

}  // namespace
}  // namespace xrouter::store
