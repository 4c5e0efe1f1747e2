// Programs that answer line by line.
#include <gtest/gtest.h>

#include "xrouter/sandbox/sandbox_test.hpp"

namespace xrouter::sandbox {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::unique_ptr<Session> started(const std::string& code) {
  auto session =
      sandbox().start(python_program("import os, sys\nf = open(3, 'r', closefd=False)\ndef say(x): os.write(3, x.encode())\n" + code));
  EXPECT_TRUE(session.has_value()) << session.error().describe();
  return std::move(*session);
}

TEST(Session, answers_one_line_for_one_line) {
  const auto session = started("for line in f: say(line.strip()[::-1] + '\\n')");
  EXPECT_EQ(session->ask("abc", seconds(30)).line, "cba");
  EXPECT_EQ(session->ask("12", seconds(30)).line, "21");
  const RunResult end = session->finish();
  EXPECT_EQ(end.status, RunStatus::exited);
  EXPECT_EQ(end.code, 0);
}

TEST(Session, carries_lines_larger_than_any_buffer) {
  const auto session = started("for line in f: say(line)");
  const std::string large(900'000, 'x');
  const Reply reply = session->ask(large, seconds(50));
  ASSERT_EQ(reply.status, ReplyStatus::line);
  EXPECT_EQ(reply.line, large);
}

TEST(Session, says_how_a_program_ended_that_does_not_answer) {
  const auto session = started("f.readline(); sys.exit(3)");
  EXPECT_EQ(session->ask("x", seconds(30)).status, ReplyStatus::ended);
  EXPECT_EQ(session->ask("x", seconds(30)).status, ReplyStatus::ended);
  const RunResult end = session->finish();
  EXPECT_EQ(end.status, RunStatus::exited);
  EXPECT_EQ(end.code, 3);
}

TEST(Session, ends_a_program_that_takes_too_long) {
  const auto session = started("import time\nf.readline(); time.sleep(600)");
  const Reply reply = session->ask("x", milliseconds(500));
  EXPECT_EQ(reply.status, ReplyStatus::time_limit);
  EXPECT_GE(reply.wall, milliseconds(500));
  EXPECT_EQ(session->finish().status, RunStatus::time_limit);
}

TEST(Session, ends_a_program_whose_line_never_ends) {
  const auto session = started("f.readline()\nwhile True: say('x' * 65536)");
  EXPECT_EQ(session->ask("x", seconds(50)).status, ReplyStatus::output_limit);
  EXPECT_EQ(session->finish().status, RunStatus::output_limit);
}

TEST(Session, survives_a_program_that_closes_its_side) {
  const auto session = started("os.close(3)\nimport time\ntime.sleep(1)");
  EXPECT_EQ(session->ask(std::string(500'000, 'x'), seconds(30)).status, ReplyStatus::ended);
}

TEST(Session, takes_an_answer_that_was_given_before_the_end) {
  const auto session = started("say('last\\n'); os._exit(0)");
  const Reply reply = session->ask("x", seconds(30));
  EXPECT_TRUE(reply.status == ReplyStatus::line || reply.status == ReplyStatus::ended);
}

}  // namespace
}  // namespace xrouter::sandbox
