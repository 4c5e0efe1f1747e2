#include "xrouter/sandbox/command_line.hpp"

#include <fmt/format.h>

namespace xrouter::sandbox {
namespace {

class Words {
 public:
  explicit Words(std::vector<std::string> first) : words_(std::move(first)) {}
  template <class... Word>
  void add(const Word&... word) {
    (words_.push_back(fmt::format("{}", word)), ...);
  }
  std::vector<std::string> take() { return std::move(words_); }

 private:
  std::vector<std::string> words_;
};

void add_mounts(Words& words, const Host& host, const Program& program) {
  for (const std::string& path : program.toolbox == Toolbox::python ? host.python_paths : host.compiler_paths)
    words.add("--ro-bind", path, path);
  for (const auto& [target, link] : host.links) words.add("--symlink", target, link);
  // The interpreter itself is bound under its real name.
  if (program.toolbox == Toolbox::python && host.python != "/usr/bin/python3") words.add("--symlink", host.python, "/usr/bin/python3");
  if (host.own_proc) words.add("--proc", "/proc");
  // The few devices that interpreters open; bubblewrap's own /dev has more, and each costs time.
  for (const char* device : {"/dev/null", "/dev/zero", "/dev/urandom"}) words.add("--dev-bind", device, device);
  words.add("--size", program.limits.work_bytes, "--tmpfs", "/w");
}

void add_files(Words& words, const Program& program, int first_fd) {
  for (std::size_t i = 0; i < program.files.size(); ++i) {
    words.add("--perms", program.files[i].executable ? "0755" : "0644", "--file", first_fd + static_cast<int>(i),
              "/w/" + program.files[i].name);
  }
}

// Set inside, where no process of another sandbox counts, by the first program that is executed there.
void add_limits(Words& words, const SandboxLimits& limits) {
  const auto cpu_seconds = std::chrono::ceil<std::chrono::seconds>(limits.cpu).count();
  constexpr int kBubblewrapItself = 1;
  words.add(kPrlimit, fmt::format("--cpu={}:{}", cpu_seconds, cpu_seconds + 1), fmt::format("--as={}", limits.memory_bytes));
  words.add(fmt::format("--fsize={}", limits.file_bytes), fmt::format("--nproc={}", limits.processes + kBubblewrapItself));
  words.add("--nofile=64", "--core=0", fmt::format("--stack={}", 64 << 20), fmt::format("--memlock={}", 64 << 10));
}

}  // namespace

std::vector<std::string> command_line(const Host& host, const Program& program, const PassedFds& fds) {
  Words words(host.starter);
  words.add(host.bubblewrap, "--unshare-all", "--unshare-user", "--uid", 1000, "--gid", 1000, "--hostname", "sandbox");
  words.add("--die-with-parent", "--new-session", "--cap-drop", "ALL");
  words.add("--clearenv", "--setenv", "PATH", "/usr/bin:/bin", "--setenv", "HOME", "/w", "--setenv", "LANG", "C.UTF-8");
  words.add("--setenv", "PYTHONHASHSEED", "0", "--setenv", "PYTHONDONTWRITEBYTECODE", "1", "--setenv", "TMPDIR", "/w");
  add_mounts(words, host, program);
  add_files(words, program, fds.first_file);
  // The root is a file system of bubblewrap's own, which would otherwise be memory without a limit.
  words.add("--remount-ro", "/", "--chdir", "/w");
  words.add("--seccomp", fds.seccomp, "--info-fd", fds.info, "--block-fd", fds.block, "--");
  add_limits(words, program.limits);
  for (const std::string& word : program.argv) words.add(word);
  return words.take();
}

}  // namespace xrouter::sandbox
