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
#include "xrouter/store/ledger_observer.hpp"
#include "xrouter/store/ledger_store.hpp"
#include "xrouter/store/test_support.hpp"
#include "xrouter/testing/fixtures.hpp"
#include "xrouter/testing/scripted.hpp"

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

// One episode with a router that costs money and two calls at once, as the driver reports it, cut
// after `events` events.
class Witness {
 public:
  Witness(LedgerStore& store, int events)
      : observer_(store, system_clock(),
                  {.request = RequestId("r1"), .model = "xrouter", .policy = "remote", .policy_bills = true,
                   .decision_bound = [](const DecisionPrompt&) { return std::optional(Usd::from_pico(kDecision)); }}),
        left_(events) {}

  void play() {
    EpisodeSpec spec = two_model_spec();
    spec.router = spec.offered[0].spec;
    Episode episode(spec);
    tell(EpisodeStarted{episode.spec()});
    episode.start();
    Action action = decide(episode, calling({"cheap", "strong"}));
    const CallModels calls = std::get<CallModels>(std::move(action));
    std::vector<ModelReply> replies;
    for (const ModelCall& call : calls.calls) tell(CallStarted{call});
    for (const ModelCall& call : calls.calls) {
      replies.push_back({.call = call.id, .reply = text_reply("42"), .attempts = {attempt_costing(kCall)}});
      tell(CallFinished{call, replies.back()});
    }
    episode.on(std::move(replies));
    action = decide(episode, selecting("c1"));
    tell(EpisodeFinished{episode, std::get<Finish>(action).outcome});
  }

  static constexpr std::int64_t kDecision = 5000, kDecided = 70, kCall = 3;
  static constexpr int kEvents = 10;

 private:
  Action decide(Episode& episode, PolicyReply reply) {
    reply.attempts = {attempt_costing(kDecided)};
    const DecisionPrompt prompt = episode.prompt();
    tell(TurnStarted{prompt});
    tell(PolicyReplied{prompt.turn, reply, Duration(1)});
    return episode.on(std::move(reply));
  }
  void tell(const EpisodeEvent& event) {
    observer_.on(event);
    if (--left_ == 0) ::kill(::getpid(), SIGKILL);
  }

  LedgerObserver observer_;
  int left_;
};

struct Aftermath {
  std::int64_t router = 0;
  std::int64_t target = 0;
  std::int64_t settled_calls = 0;
  std::int64_t lost = 0;
};

Aftermath killed_after(int events) {
  TempFolder temp;
  const std::string path = temp.file("ledger.db");
  const pid_t child = ::fork();
  if (child == 0) {
    auto store = LedgerStore::open({.path = path, .flush_interval = std::chrono::hours(1)});
    if (!store) ::_exit(3);
    Witness(**store, events).play();
    ::_exit(4);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << events << ": child ended by itself: " << status;
  { EXPECT_TRUE(LedgerStore::open({.path = path})); }
  auto database = Database::open(path, Database::Access::read_only);
  EXPECT_EQ(*database->integer("SELECT count(*) FROM requests WHERE cost_complete = 0"), 0) << "nothing is unknown after event " << events;
  return {.router = *database->integer("SELECT coalesce(sum(cost_pico), 0) FROM attempts WHERE spender = 'router'"),
          .target = *database->integer("SELECT coalesce(sum(cost_pico), 0) FROM attempts WHERE spender = 'target'"),
          .settled_calls = *database->integer("SELECT count(*) FROM calls WHERE status = 'ok'"),
          .lost = *database->integer("SELECT count(*) FROM attempts WHERE status = 'lost'")};
}

TEST(Crash, kill_9_after_any_event_books_at_least_what_was_spent) {
  log::set_level(log::Level::off);
  constexpr std::int64_t kDecided = Witness::kDecided, kDecision = Witness::kDecision, kCall = Witness::kCall;
  //                                              episode turn      reply     call 1    call 2    ended 1   ended 2   turn 2                reply 2               end
  constexpr std::int64_t kSpentByRouter[] =      {0,      0,        kDecided, kDecided, kDecided, kDecided, kDecided, kDecided,             2 * kDecided,         2 * kDecided};
  constexpr std::int64_t kBookedForRouter[] =    {0,      kDecision, kDecision, kDecided, kDecided, kDecided, kDecided, kDecided + kDecision, kDecided + kDecision, 2 * kDecided};
  constexpr std::int64_t kSettledCalls[] =       {0,      0,        0,        0,        0,        1,        1,        2,                    2,                    2};
  constexpr std::int64_t kLost[] =               {0,      1,        1,        1,        2,        1,        1,        1,                    1,                    0};
  for (int event = 0; event < Witness::kEvents; ++event) {
    const Aftermath found = killed_after(event + 1);
    EXPECT_EQ(found.router, kBookedForRouter[event]) << "after event " << event;
    EXPECT_GE(found.router, kSpentByRouter[event]) << "after event " << event;
    EXPECT_GE(found.target, found.settled_calls * kCall) << "after event " << event;
    EXPECT_EQ(found.settled_calls, kSettledCalls[event]) << "after event " << event;
    EXPECT_EQ(found.lost, kLost[event]) << "after event " << event;
  }
  EXPECT_EQ(killed_after(Witness::kEvents).target, 2 * kCall);
  log::set_level(log::Level::info);
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
