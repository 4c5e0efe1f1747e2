#include "xrouter/replay/replay_store.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>

#include "xrouter/replay/entry.hpp"
#include "xrouter/replay/test_support.hpp"

namespace xrouter::replay {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const ModelSpec kModel = priced_model("cheap");

ReplayKey key(int number) { return key_of("call " + std::to_string(number), 0); }

ModelReply reply_of(int number) {
  ModelReply reply{.call = CallId("c1")};
  reply.reply = text_reply("answer " + std::to_string(number), Usage{.prompt_tokens = 10, .completion_tokens = number});
  reply.attempts.push_back({.model = kModel.id, .usage = *reply.reply->usage, .usage_source = UsageSource::reported, .price_version = "p"});
  return reply;
}

std::string text_at(ReplayStore& store, int number) {
  const auto found = store.find(key(number), call_of(kModel));
  if (!found) return "error: " + found.error().describe();
  return *found ? (**found).reply->text() : "nothing";
}

void put(ReplayStore& store, int number) {
  const auto kept = store.put(key(number), call_of(kModel), reply_of(number), false);
  ASSERT_TRUE(kept) << kept.error().describe();
}

TEST(ReplayStore, finds_what_was_put_and_nothing_else) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.file());
  EXPECT_EQ(text_at(*store, 1), "nothing");
  put(*store, 1);
  EXPECT_EQ(text_at(*store, 1), "answer 1");
  EXPECT_EQ(text_at(*store, 2), "nothing");
  const auto figures = store->figures().value();
  EXPECT_EQ(figures.entries, 1);
  EXPECT_EQ(figures.failures, 0);
}

TEST(ReplayStore, the_first_answer_stays_unless_it_is_to_be_replaced) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.file());
  put(*store, 1);
  EXPECT_EQ(store->put(key(1), call_of(kModel), reply_of(5), false).value(), false);
  EXPECT_EQ(text_at(*store, 1), "answer 1");
  EXPECT_EQ(store->put(key(1), call_of(kModel), reply_of(5), true).value(), true);
  EXPECT_EQ(text_at(*store, 1), "answer 5");
}

TEST(ReplayStore, entries_keep_every_kind_of_attempt) {
  ModelReply reply{.call = CallId("c1")};
  reply.reply = fail(Error{.kind = ErrorKind::content_filtered, .public_text = "No.", .internal_text = "inside", .param = "messages", .code = "filtered"});
  reply.attempts.push_back({.model = kModel.id, .error = ErrorKind::upstream_unreachable, .latency = std::chrono::milliseconds(3)});
  AttemptRecord second{.model = kModel.id, .error = ErrorKind::content_filtered, .http_status = 400};
  second.usage = {.prompt_tokens = 7, .completion_tokens = 1, .cached_tokens = 2};
  second.usage_source = UsageSource::estimated;
  second.upstream_id = "u1";
  second.first_token = std::chrono::milliseconds(9);
  second.deployment = "name#2";
  reply.attempts.push_back(second);
  const auto back = from_bytes(to_bytes(reply), call_of(kModel));
  ASSERT_TRUE(back) << back.error().describe();
  ASSERT_FALSE(back->reply);
  EXPECT_EQ(back->reply.error().kind, ErrorKind::content_filtered);
  EXPECT_EQ(back->reply.error().public_text, "No.");
  EXPECT_EQ(back->reply.error().code, "filtered");
  EXPECT_TRUE(back->reply.error().internal_text.empty());  // upstream text is not kept
  ASSERT_EQ(back->attempts.size(), 2U);
  EXPECT_EQ(back->attempts[0].error, ErrorKind::upstream_unreachable);
  EXPECT_EQ(back->attempts[0].cost, Cost{});
  EXPECT_EQ(back->attempts[1].usage, second.usage);
  EXPECT_TRUE(back->attempts[1].cost.estimated);
  EXPECT_EQ(back->attempts[1].first_token, second.first_token);
  EXPECT_EQ(back->attempts[1].deployment, "name#2");
}

TEST(ReplayStore, unknown_usage_stays_unknown) {
  ModelReply reply = reply_of(1);
  reply.reply->usage.reset();
  EXPECT_FALSE(from_bytes(to_bytes(reply), call_of(kModel))->reply->usage);
}

TEST(ReplayStore, hostile_entries_are_errors) {
  const std::string good = to_bytes(reply_of(1));
  for (const char* text : {"", "{}", "[]", R"({"version":1,"attempts":[]})", R"({"version":2,"attempts":[],"reply":{}})", R"({"version":1,"attempts":[],"reply":{"choices":3}})",
                           R"({"version":1,"attempts":[],"error":{"kind":"nonsense","text":""}})", R"({"version":1,"attempts":[{"status":-1}],"error":{"kind":"io","text":""}})"})
    EXPECT_FALSE(from_bytes(text, call_of(kModel))) << text;
  for (std::size_t cut = 0; cut < good.size(); cut += 7) EXPECT_FALSE(from_bytes(good.substr(0, cut), call_of(kModel)));
}

TEST(ReplayStore, a_damaged_entry_is_an_error_and_never_an_answer) {
  const TemporaryFolder folder;
  {
    const auto store = open_store(folder.file());
    put(*store, 1);
    put(*store, 2);
  }
  {
    auto database = store::Database::open(folder.file(), store::Database::Access::create);
    ASSERT_TRUE(database->execute("UPDATE entries SET entry = x'789c030000000001' WHERE key = '" + key(1).digest + "'"));
  }
  const auto store = open_store(folder.file());
  EXPECT_THAT(text_at(*store, 1), HasSubstr("error: An entry of the replay store is damaged."));
  EXPECT_EQ(store->damaged(), 1);
  EXPECT_EQ(text_at(*store, 2), "answer 2");
}

TEST(ReplayStore, keeps_every_answer_that_was_put_when_the_process_is_killed) {
  const TemporaryFolder folder;
  { const auto store = open_store(folder.file()); }
  for (int round = 0; round < 3; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      const auto store = ReplayStore::open({.file = folder.file()});
      for (int i = round * 100'000; store; ++i) {
        if (!(*store)->put(key(i), call_of(kModel), reply_of(i), false)) break;
        if (::write(pipe_ends[1], &i, sizeof i) != sizeof i) break;
      }
      ::_exit(1);
    }
    int last = -1;
    for (int n = 0; n < 20 + 13 * round; ++n) ASSERT_EQ(::read(pipe_ends[0], &last, sizeof last), static_cast<ssize_t>(sizeof last));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ::close(pipe_ends[1]);
    for (int more = 0; ::read(pipe_ends[0], &more, sizeof more) == static_cast<ssize_t>(sizeof more);) last = more;
    ::close(pipe_ends[0]);
    const auto store = open_store(folder.file());
    ASSERT_NE(store, nullptr);
    for (int i = round * 100'000; i <= last; ++i) EXPECT_EQ(text_at(*store, i), "answer " + std::to_string(i));
  }
}

TEST(ReplayStore, a_torn_write_loses_the_last_answers_at_most) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.file());
  for (int i = 0; i < 50; ++i) put(*store, i);
  // The files as another machine would find them after a power loss: the log cut in the middle of a frame.
  fs::create_directories(fs::path(folder.file()).parent_path() / "copy");
  const std::string copy = folder.file("copy/store.db");
  fs::copy_file(folder.file(), copy);
  const auto log_bytes = fs::file_size(folder.file() + "-wal");
  for (const double kept : {1.0, 0.7, 0.31, 0.0}) {
    fs::copy_file(folder.file() + "-wal", copy + "-wal", fs::copy_options::overwrite_existing);
    fs::remove(copy + "-shm");
    fs::resize_file(copy + "-wal", static_cast<std::uintmax_t>(kept * static_cast<double>(log_bytes)));
    const auto torn = ReplayStore::open({.file = copy});
    ASSERT_TRUE(torn) << torn.error().describe();
    bool ended = false;
    for (int i = 0; i < 50; ++i) {
      const std::string text = text_at(**torn, i);
      ended = ended || text == "nothing";
      EXPECT_EQ(text, ended ? "nothing" : "answer " + std::to_string(i));
    }
    EXPECT_EQ(ended, kept < 1);
    fs::copy_file(folder.file(), copy, fs::copy_options::overwrite_existing);
  }
}

TEST(ReplayStore, several_processes_read_and_write_at_once) {
  const TemporaryFolder folder;
  constexpr int kProcesses = 4, kEach = 50;
  std::vector<pid_t> children;
  for (int p = 0; p < kProcesses; ++p) {
    const pid_t child = ::fork();
    if (child == 0) {
      const auto store = ReplayStore::open({.file = folder.file()});  // all of them find no file
      bool good = store.has_value();
      for (int i = 0; good && i < kEach; ++i) good = (*store)->put(key(p * kEach / 2 + i), call_of(kModel), reply_of(p * kEach / 2 + i), false).has_value();
      ::_exit(good ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  const auto store = open_store(folder.file());
  for (int i = 0; i < (kProcesses + 1) * kEach / 2; ++i) EXPECT_EQ(text_at(*store, i), "answer " + std::to_string(i));
}

TEST(ReplayStore, other_files_and_folders_are_clear_errors_and_stay_as_they_are) {
  const TemporaryFolder folder;
  const auto error_of = [](const StoreOptions& options) {
    const auto store = ReplayStore::open(options);
    EXPECT_FALSE(store) << options.file;
    return store ? std::string() : store.error().describe();
  };
  EXPECT_THAT(error_of({.file = folder.file("missing/store.db")}), HasSubstr("missing/store.db"));
  EXPECT_THAT(error_of({.file = folder.file("nowhere.db"), .read_only = true}), HasSubstr("There is no replay store at"));
  std::ofstream(folder.file("text.db")) << std::string(2000, 'x');
  EXPECT_THAT(error_of({.file = folder.file("text.db")}), HasSubstr("not a replay store"));
  {
    auto other = store::Database::open(folder.file("other.db"), store::Database::Access::create);
    ASSERT_TRUE(other->execute("CREATE TABLE t (x)"));
  }
  EXPECT_THAT(error_of({.file = folder.file("other.db")}), HasSubstr("not a replay store"));
  { open_store(folder.file("newer.db")); }
  {
    auto newer = store::Database::open(folder.file("newer.db"), store::Database::Access::create);
    ASSERT_TRUE(newer->execute("PRAGMA user_version = 99"));
  }
  EXPECT_THAT(error_of({.file = folder.file("newer.db")}), HasSubstr("another version"));
}

TEST(ReplayStore, a_read_only_store_answers_and_refuses_to_write) {
  const TemporaryFolder folder;
  {
    const auto store = open_store(folder.file());
    put(*store, 1);
  }
  const auto store = ReplayStore::open({.file = folder.file(), .read_only = true});
  ASSERT_TRUE(store) << store.error().describe();
  EXPECT_EQ(text_at(**store, 1), "answer 1");
  const auto refused = (*store)->put(key(2), call_of(kModel), reply_of(2), false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::io);
  EXPECT_THAT(refused.error().describe(), HasSubstr("readonly"));
}

}  // namespace
}  // namespace xrouter::replay
