// What programs may do, how their ends are told apart, and what they may not do. Wall-clock limits are wide:
// the tests have to hold on a busy machine.
#include "xrouter/sandbox/sandbox.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <thread>

#include "xrouter/sandbox/sandbox_test.hpp"

namespace xrouter::sandbox {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Sandbox, runs_a_program_with_input_and_files) {
  Program program = python_program("import sys; print(open('data.txt').read() + sys.stdin.read())");
  program.files.push_back({"data.txt", "from a file, "});
  program.input = "from input";
  const RunResult result = run(program);
  EXPECT_EQ(result.status, RunStatus::exited) << result.problem << result.err;
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.out, "from a file, from input\n");
}

TEST(Sandbox, gives_an_empty_input_rather_than_ours) { EXPECT_EQ(run_python("import sys; print(repr(sys.stdin.read()))").out, "''\n"); }

TEST(Sandbox, keeps_the_two_streams_apart) {
  const RunResult result = run_python("import sys; print('o'); print('e', file=sys.stderr)");
  EXPECT_EQ(result.out, "o\n");
  EXPECT_EQ(result.err, "e\n");
}

TEST(Sandbox, tells_the_exit_status) {
  const RunResult result = run_python("import sys; sys.exit(7)");
  EXPECT_EQ(result.status, RunStatus::exited);
  EXPECT_EQ(result.code, 7);
}

TEST(Sandbox, tells_the_signal_that_ended_a_program) {
  const RunResult result = run_python("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)");
  EXPECT_EQ(result.status, RunStatus::signalled);
  EXPECT_EQ(result.code, 11);
}

TEST(Sandbox, does_not_take_an_error_text_of_the_program_for_its_own) {
  const RunResult result = run_python("import sys; print('bwrap: cannot do it', file=sys.stderr); sys.exit(1)");
  EXPECT_EQ(result.status, RunStatus::exited);
  EXPECT_EQ(result.code, 1);
}

TEST(Sandbox, refuses_file_names_that_lead_elsewhere) {
  for (const char* name : {"../x", "/etc/x", "", ".hidden", "a/b", "-x"}) {
    Program program = python_program("pass");
    program.files.push_back({name, ""});
    EXPECT_EQ(run(program).status, RunStatus::infrastructure_error) << name;
  }
}

TEST(Sandbox, passes_files_up_to_its_limit) {
  Program program = python_program("import os; print(len(os.listdir('/w')))");
  while (program.files.size() < 16) program.files.push_back({"f" + std::to_string(program.files.size()), "x"});
  EXPECT_EQ(run(program).out, "16\n");
  program.files.push_back({"one_more", "x"});
  EXPECT_EQ(run(program).status, RunStatus::infrastructure_error);
}

TEST(Sandbox, runs_programs_of_several_threads_at_once) {
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([i, &right] {
      for (int k = 0; k < 3; ++k) right += run_python("print(" + std::to_string(i * 10 + k) + ")").out == std::to_string(i * 10 + k) + "\n";
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 12);
}

TEST(Sandbox, passes_no_descriptor_of_ours) {
  // Opened without close-on-exec, as some libraries do.
  const int ours = ::socket(AF_UNIX, SOCK_STREAM, 0);
  const RunResult result = run_python("import os; print(sorted(int(n) for n in os.listdir('/proc/self/fd')))");
  ::close(ours);
  EXPECT_EQ(result.out, "[0, 1, 2, 3]\n") << "3 is the folder being listed";
}

TEST(Sandbox, passes_no_environment_of_ours) {
  ::setenv("XROUTER_TEST_KEY", "secret", 1);
  const RunResult result = run_python("import os; print(sorted(os.environ))");
  ::unsetenv("XROUTER_TEST_KEY");
  EXPECT_THAT(result.out, HasSubstr("'HOME'"));
  EXPECT_THAT(result.out, Not(HasSubstr("XROUTER")));
}

TEST(Sandbox, ends_a_sleeper_at_its_wall_limit) {
  Program program = python_program("import time; print('x', flush=True); time.sleep(600)");
  program.limits.wall = seconds(3);
  const RunResult result = run(program);
  EXPECT_EQ(result.status, RunStatus::time_limit);
  EXPECT_GE(result.wall, seconds(3));
  EXPECT_EQ(result.out, "x\n");
}

TEST(Sandbox, ends_a_busy_program_at_its_cpu_limit) {
  Program program = python_program("while True: pass");
  program.limits.cpu = seconds(1);
  program.limits.wall = seconds(60);
  const auto from = steady_clock::now();
  EXPECT_EQ(run(program).status, RunStatus::time_limit);
  EXPECT_LT(steady_clock::now() - from, seconds(59));
}

TEST(Sandbox, ends_a_busy_program_that_ignores_the_first_signal) {
  Program program = python_program("import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass");
  program.limits.cpu = seconds(1);
  program.limits.wall = seconds(60);
  EXPECT_EQ(run(program).status, RunStatus::time_limit);
}

TEST(Sandbox, ends_output_floods_on_either_stream) {
  for (const char* code : {"while True: print('x' * 4096)", "import sys\nwhile True: sys.stderr.write('x' * 4096)"}) {
    Program program = python_program(code);
    program.limits.wall = seconds(60);
    program.limits.cpu = seconds(60);
    const RunResult result = run(program);
    EXPECT_EQ(result.status, RunStatus::output_limit) << code;
    EXPECT_LE(result.out.size(), std::size_t{1 << 20});
    EXPECT_LE(result.err.size(), std::size_t{1 << 20});
  }
}

TEST(Sandbox, takes_output_of_exactly_its_limit) {
  Program program = python_program("print('x' * 99, end='')");
  program.limits.output_bytes = 99;
  EXPECT_EQ(run(program).status, RunStatus::exited);
  program.limits.output_bytes = 98;
  EXPECT_EQ(run(program).status, RunStatus::output_limit);
}

TEST(Sandbox, ends_memory_bombs) {
  for (const char* code : {"x = bytearray(8 << 30)", "x = []\nwhile True: x.append(bytearray(64 << 20))", "x = 'a'\nwhile True: x += x"}) {
    Program program = python_program(code);
    program.limits.memory_bytes = 512 << 20;
    program.limits.wall = seconds(60);
    EXPECT_EQ(run(program).status, RunStatus::memory_limit) << code;
  }
}

}  // namespace
}  // namespace xrouter::sandbox
