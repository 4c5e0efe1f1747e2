// What isolation adds to a program: the same interpreter with and without it.
#include <benchmark/benchmark.h>
#include <spawn.h>
#include <sys/wait.h>

#include "xrouter/sandbox/sandbox.hpp"

namespace xrouter::sandbox {
namespace {

Sandbox& the_sandbox() {
  static const std::unique_ptr<Sandbox> made = std::move(*make_sandbox());
  return *made;
}

void python_alone(benchmark::State& state) {
  char python[] = "/usr/bin/python3", s[] = "-s", b[] = "-B", c[] = "-c", code[] = "pass";
  char* argv[] = {python, s, b, c, code, nullptr};
  char* environment[] = {nullptr};
  for (auto _ : state) {
    pid_t pid = 0;
    int status = 0;
    if (::posix_spawn(&pid, python, nullptr, nullptr, argv, environment) != 0 || ::waitpid(pid, &status, 0) != pid)
      state.SkipWithError("not started");
  }
}
BENCHMARK(python_alone)->UseRealTime()->Unit(benchmark::kMillisecond);

void python_in_the_sandbox(benchmark::State& state) {
  const Program program{.argv = {"python3", "-s", "-B", "-c", "pass"}};
  for (auto _ : state) {
    if (the_sandbox().run(program).status != RunStatus::exited) state.SkipWithError("not run");
  }
}
BENCHMARK(python_in_the_sandbox)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(python_in_the_sandbox)->Threads(2)->UseRealTime()->Unit(benchmark::kMillisecond);

void shortest_program_in_the_sandbox(benchmark::State& state) {
  const Program program{.argv = {"/usr/bin/prlimit", "--version"}};
  for (auto _ : state) {
    if (the_sandbox().run(program).status != RunStatus::exited) state.SkipWithError("not run");
  }
}
BENCHMARK(shortest_program_in_the_sandbox)->UseRealTime()->Unit(benchmark::kMillisecond);

void ask_a_session(benchmark::State& state) {
  Program program{.argv = {"python3", "-s", "-S", "-B", "-c", "import os\nwhile True: os.write(3, os.read(3, 99999))"}};
  program.limits.wall = std::chrono::minutes(5);
  program.limits.cpu = std::chrono::minutes(5);
  auto session = the_sandbox().start(program);
  for (auto _ : state) {
    if ((*session)->ask("ping", std::chrono::seconds(30)).status != ReplyStatus::line) state.SkipWithError("no answer");
  }
}
BENCHMARK(ask_a_session)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace xrouter::sandbox
