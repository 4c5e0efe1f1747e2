// What programs try in order to get out, and that none of it works.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "xrouter/sandbox/sandbox_test.hpp"

namespace xrouter::sandbox {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

/// Prints "blocked" when the code raises OSError, and "done" when it does not.
RunResult attempt(const std::string& code) {
  std::string indented;
  for (const char c : code) indented += c == '\n' ? std::string("\n  ") : std::string(1, c);
  return run_python("import os, sys, ctypes, socket\ntry:\n  " + indented +
                    "\n  print('done')\nexcept OSError as e: print('blocked', e)\n");
}

/// A raw system call, where Python has no function for it.
std::string system_call(int number, const std::string& arguments) {
  return "libc = ctypes.CDLL(None, use_errno=True)\nif libc.syscall(" + std::to_string(number) + ", " + arguments +
         ") < 0: raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))";
}

#define EXPECT_BLOCKED(result) EXPECT_THAT((result).out, HasSubstr("blocked")) << (result).out << (result).err << (result).problem

TEST(Escape, there_is_no_network) {
  for (const char* family : {"AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"}) {
    EXPECT_BLOCKED(attempt(std::string("socket.socket(socket.") + family + ", socket.SOCK_DGRAM)")) << family;
  }
  EXPECT_THAT(run_python("print(open('/proc/net/dev').read())").out, Not(HasSubstr("eth")));
}

TEST(Escape, an_event_loop_still_works) {
  EXPECT_EQ(run_python("import asyncio\nasync def f(): await asyncio.sleep(0); return 5\nprint(asyncio.run(f()))").out, "5\n");
}

TEST(Escape, files_of_the_host_are_not_there) {
  const auto ours = std::filesystem::temp_directory_path() / "xrouter_escape_test";
  std::ofstream(ours) << "secret";
  for (const std::string& path :
       {ours.string(), std::string("/etc/passwd"), std::string("/root"), std::string("/home"), std::string("/tmp"), std::string("/var"),
        std::string("/proc/1/root/etc/passwd"), std::string("/proc/self/root/../../etc/passwd"), std::string("../../etc/passwd")}) {
    EXPECT_BLOCKED(attempt("os.stat('" + path + "')")) << path;
  }
  std::filesystem::remove(ours);
}

TEST(Escape, a_link_leads_nowhere) {
  EXPECT_BLOCKED(attempt("os.symlink('/etc/shadow', '/w/link')\nopen('/w/link')"));
  EXPECT_BLOCKED(attempt("os.link('/usr/bin/python3.11', '/w/hard')\nopen('/w/hard', 'w')"));
}

TEST(Escape, only_the_work_folder_can_be_written) {
  for (const char* path :
       {"/x", "/usr/x", "/usr/lib/x", "/dev/x", "/dev/shm/x", "/proc/x", "/proc/sys/kernel/core_pattern", "/proc/self/oom_score_adj/x"}) {
    EXPECT_BLOCKED(attempt(std::string("open('") + path + "', 'w').write('x')")) << path;
  }
  EXPECT_EQ(run_python("open('/w/x', 'w').write('y'); print(open('/w/x').read())").out, "y\n");
}

TEST(Escape, the_work_folder_has_a_size) {
  Program program = python_program(
      "try:\n  for i in range(100): open(f'/w/{i}', 'wb').write(b'x' * (8 << 20))\n  print('done')\nexcept OSError as e: print('blocked', "
      "e)");
  EXPECT_BLOCKED(run(program));
}

TEST(Escape, one_file_has_a_size) {
  const RunResult result = attempt("open('/w/x', 'wb').write(b'x' * (32 << 20))");
  EXPECT_BLOCKED(result);
}

TEST(Escape, only_its_own_processes_are_seen) {
  const RunResult result = run_python("import os; print(sorted(int(n) for n in os.listdir('/proc') if n.isdigit()))");
  EXPECT_EQ(result.out, "[1, 2]\n");
}

TEST(Escape, it_is_no_one_and_has_no_capabilities) {
  const RunResult result = run_python("print(open('/proc/self/status').read())");
  EXPECT_THAT(result.out, HasSubstr("CapEff:\t0000000000000000"));
  EXPECT_THAT(result.out, HasSubstr("CapBnd:\t0000000000000000"));
  EXPECT_THAT(result.out, HasSubstr("NoNewPrivs:\t1"));
  EXPECT_THAT(result.out, HasSubstr("Seccomp:\t2"));
  EXPECT_THAT(result.out, Not(HasSubstr("Uid:\t0")));
}

TEST(Escape, no_process_can_be_started) {
  EXPECT_BLOCKED(attempt("os.fork()"));
  EXPECT_BLOCKED(attempt("os.posix_spawn('/usr/bin/python3', ['python3', '-c', ''], {})"));
  EXPECT_BLOCKED(attempt("import subprocess\nsubprocess.run(['/usr/bin/python3', '-c', ''])"));
}

TEST(Escape, threads_can_be_started_up_to_a_number) {
  EXPECT_EQ(run_python("import threading\nt = [threading.Thread(target=lambda: None) for _ in range(8)]\n[x.start() for x in t]; [x.join() "
                       "for x in t]; print('ok')")
                .out,
            "ok\n");
  const RunResult bomb = run_python(
      "import threading, time\nthreading.stack_size(65536)\nn = 0\ntry:\n  while n < 2000:\n    threading.Thread(target=time.sleep, "
      "args=(60,), daemon=True).start(); n += 1\n"
      "except RuntimeError: pass\nprint(n, flush=True)\nimport os\nos._exit(0)");
  ASSERT_EQ(bomb.status, RunStatus::exited) << bomb.err;
  EXPECT_LE(std::stoi(bomb.out), 64);
}

TEST(Escape, a_fork_bomb_is_bounded_where_forking_is_allowed) {
  Program program = python_program("import os\nwhile True:\n  try: os.fork()\n  except OSError: pass");
  program.limits.may_fork = true;
  program.limits.wall = seconds(3);
  program.limits.cpu = seconds(60);
  const auto from = std::chrono::steady_clock::now();
  EXPECT_EQ(run(program).status, RunStatus::time_limit);
  EXPECT_LT(std::chrono::steady_clock::now() - from, seconds(60));
  // Nothing of it is left to slow the next one down.
  EXPECT_EQ(run_python("print(1)").out, "1\n");
}

TEST(Escape, a_child_that_stays_does_not_outlive_its_parent) {
  Program program = python_program("import os, time\nif os.fork() == 0:\n  os.setsid()\n  time.sleep(600)\nprint('parent')");
  program.limits.may_fork = true;
  const auto from = std::chrono::steady_clock::now();
  const RunResult result = run(program);
  EXPECT_EQ(result.status, RunStatus::exited);
  EXPECT_EQ(result.out, "parent\n");
  EXPECT_LT(std::chrono::steady_clock::now() - from, seconds(59));
}

#ifdef __x86_64__
TEST(Escape, system_calls_that_reach_further_are_denied) {
  struct Call {
    const char* name;
    int number;
    const char* arguments;
  };
  for (const Call& call :
       {Call{"ptrace", 101, "0, 0, 0, 0"}, Call{"process_vm_readv", 310, "1, 0, 0, 0, 0, 0"}, Call{"mount", 165, "0, 0, 0, 0, 0"},
        Call{"unshare user", 272, "0x10000000"}, Call{"unshare net", 272, "0x40000000"}, Call{"setns", 308, "0, 0"},
        Call{"keyctl", 250, "0, 0, 0, 0, 0"}, Call{"bpf", 321, "0, 0, 0"}, Call{"perf_event_open", 298, "0, 0, 0, 0, 0"},
        Call{"userfaultfd", 323, "0"}, Call{"io_uring_setup", 425, "1, 0"}, Call{"memfd_create", 319, "0, 0"},
        Call{"shmget", 29, "0, 4096, 0x3ff"}, Call{"clone user", 56, "0x10000000, 0, 0, 0, 0"}, Call{"clone3", 435, "0, 0"},
        Call{"chroot", 161, "0"}, Call{"open_by_handle_at", 304, "0, 0, 0"}, Call{"pivot_root", 155, "0, 0"},
        Call{"personality", 135, "0x0040000"}}) {
    const RunResult result = attempt(system_call(call.number, call.arguments));
    EXPECT_TRUE(result.out.find("blocked [Errno 1]") != std::string::npos || result.out.find("blocked [Errno 38]") != std::string::npos)
        << call.name << ": " << result.out << result.err;
  }
}
#endif

TEST(Escape, memory_of_the_first_process_gives_nothing) {
  EXPECT_BLOCKED(attempt("open('/proc/1/mem', 'r+b').read(1)"));
  EXPECT_BLOCKED(attempt("os.kill(1, 9)\nimport time\ntime.sleep(0.2)\nraise OSError('still there')"));
}

TEST(Escape, limits_cannot_be_raised) {
  EXPECT_THAT(
      run_python("import resource\nfor n in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE):\n"
                 "  try: resource.setrlimit(n, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)); print('raised')\n  except (ValueError, "
                 "OSError): print('blocked')")
          .out,
      Not(HasSubstr("raised")));
}

}  // namespace
}  // namespace xrouter::sandbox
