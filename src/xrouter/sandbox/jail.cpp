#include "xrouter/sandbox/jail.hpp"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "xrouter/base/clock.hpp"

namespace xrouter::sandbox {
namespace {

using std::chrono::milliseconds;

// Setting namespaces up takes milliseconds; only an overloaded machine takes longer.
constexpr std::chrono::seconds kSetUpTime{20};
// Sources of passed descriptors lie above every target number, so that no dup2 overwrites one still to come.
constexpr int kFirstSourceFd = 64;

std::string system_says(const char* what) { return std::string(what) + ": " + std::strerror(errno); }

FileDescriptor open_process(int pid) { return FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

void kill_process(const FileDescriptor& process) {
  if (process.is_open()) ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
}

int poll_timeout(SteadyTime deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - system_clock().now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

/// The descriptors of a process to be: ours may have any number, the target's follow each other.
class FdPlan {
 public:
  FdPlan() { posix_spawn_file_actions_init(&actions_); }
  ~FdPlan() { posix_spawn_file_actions_destroy(&actions_); }
  FdPlan(const FdPlan&) = delete;
  FdPlan& operator=(const FdPlan&) = delete;

  int pass(const FileDescriptor& fd) {
    sources_.emplace_back(::fcntl(fd.get(), F_DUPFD_CLOEXEC, kFirstSourceFd));
    is_complete_ = is_complete_ && sources_.back().is_open();
    posix_spawn_file_actions_adddup2(&actions_, sources_.back().get(), next_);
    return next_++;
  }
  /// Nothing else of this process may be seen inside. False when a descriptor could not be passed.
  bool close_rest() { return is_complete_ && posix_spawn_file_actions_addclosefrom_np(&actions_, next_) == 0; }
  const posix_spawn_file_actions_t* actions() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
  std::vector<FileDescriptor> sources_;
  int next_ = 0;
  bool is_complete_ = true;
};

// Signals that this process blocks or ignores must not be so inside.
class SpawnAttributes {
 public:
  SpawnAttributes() {
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnAttributes() { posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

std::optional<int> child_pid_of(std::string_view info) {
  constexpr std::string_view kKey = "\"child-pid\": ";
  const auto at = info.find(kKey);
  if (at == std::string_view::npos) return std::nullopt;
  int pid = 0;
  const char* first = info.data() + at + kKey.size();
  const auto [end, error] = std::from_chars(first, info.data() + info.size(), pid);
  if (error != std::errc{} || end == info.data() + info.size()) return std::nullopt;
  return pid;
}

}  // namespace

Result<std::unique_ptr<Jail>> Jail::start(const Host& host, const Program& program, const std::string& seccomp, bool with_channel) {
  std::unique_ptr<Jail> jail(new Jail);
  if (auto spawned = jail->spawn(host, program, seccomp, with_channel); !spawned) return tl::unexpected(spawned.error());
  const Result<int> inside = jail->read_first_pid();
  if (!inside) return tl::unexpected(inside.error());
  jail->inside_ = open_process(*inside);
  if (!jail->inside_.is_open()) return fail(ErrorKind::io, "a sandboxed program cannot be watched", system_says("pidfd_open"));
  jail->started_at_ = system_clock().now();
  if (::write(jail->block_.ours.get(), "x", 1) != 1)
    return fail(ErrorKind::io, "a sandboxed program cannot be unblocked", system_says("write"));
  return jail;
}

Result<void> Jail::spawn(const Host& host, const Program& program, const std::string& seccomp, bool with_channel) {
  FileDescriptor input = make_memory_file("stdin", program.input);
  FileDescriptor filter = make_memory_file("seccomp", seccomp);
  FdPair out_pipe = make_output_pipe();
  FdPair err_pipe = make_output_pipe();
  FdPair info = make_output_pipe();
  FdPair channel = make_socket_pair();
  block_ = make_input_pipe();
  const bool have_all = input.is_open() && filter.is_open() && out_pipe.is_open() && err_pipe.is_open() && info.is_open() &&
                        channel.is_open() && block_.is_open();
  if (!have_all) return fail(ErrorKind::io, "no descriptors or memory for a sandboxed program", system_says("pipe"));

  FdPlan plan;
  plan.pass(input);
  plan.pass(out_pipe.theirs);
  plan.pass(err_pipe.theirs);
  if (with_channel) plan.pass(channel.theirs);
  PassedFds fds;
  fds.seccomp = plan.pass(filter);
  fds.info = plan.pass(info.theirs);
  fds.block = plan.pass(block_.theirs);
  fds.first_file = fds.block + 1;
  for (const File& file : program.files) {
    const FileDescriptor content = make_memory_file("file", file.content);
    plan.pass(content);
  }
  if (!plan.close_rest()) return fail(ErrorKind::io, "no descriptors for a sandboxed program", system_says("dup"));

  std::vector<std::string> words = command_line(host, program, fds);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  char* no_environment[] = {nullptr};
  const SpawnAttributes attributes;
  if (const int error = ::posix_spawn(&process_, argv[0], plan.actions(), attributes.get(), argv.data(), no_environment); error != 0) {
    process_ = -1;
    return fail(ErrorKind::io, "a sandboxed program cannot be started", words[0] + ": " + std::strerror(error));
  }
  process_end_ = open_process(process_);
  if (!process_end_.is_open()) return fail(ErrorKind::io, "a sandboxed program cannot be watched", system_says("pidfd_open"));
  out_fd_ = std::move(out_pipe.ours);
  err_fd_ = std::move(err_pipe.ours);
  info_ = std::move(info.ours);
  if (with_channel) channel_ = std::move(channel.ours);
  output_limit_ = program.limits.output_bytes;
  return {};
}

// bubblewrap tells the number of the first process inside, which then waits for our byte.
Result<int> Jail::read_first_pid() {
  const SteadyTime deadline = system_clock().now() + kSetUpTime;
  std::string info;
  while (true) {
    pollfd ready{info_.get(), POLLIN, 0};
    if (::poll(&ready, 1, poll_timeout(deadline)) < 0 && errno != EINTR) break;
    char buffer[512];
    const ssize_t got = ::read(info_.get(), buffer, sizeof buffer);
    if (got > 0) info.append(buffer, static_cast<std::size_t>(got));
    if (const auto pid = child_pid_of(info)) return *pid;
    if (got == 0 || system_clock().now() >= deadline) break;
  }
  finish();
  return fail(ErrorKind::io, "the sandbox cannot be set up", err);
}

Jail::~Jail() {
  if (process_ >= 0) finish();
}

void Jail::take_stream(FileDescriptor& from, std::string& into) {
  char buffer[65536];
  while (from.is_open()) {
    const ssize_t got = ::read(from.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return;
    if (got == 0) from.reset();
    const std::size_t room = static_cast<std::size_t>(output_limit_) - into.size();
    into.append(buffer, std::min(room, static_cast<std::size_t>(got)));
    if (static_cast<std::size_t>(got) <= room) continue;
    is_over_output_ = true;
    return;  // a flood would keep us here for ever
  }
}

void Jail::drain() {
  take_stream(out_fd_, out);
  take_stream(err_fd_, err);
}

bool Jail::wait(SteadyTime deadline) {
  std::array<pollfd, 4> watched{};
  std::size_t count = 0;
  for (const FileDescriptor* fd : {&process_end_, &out_fd_, &err_fd_, &channel_}) {
    if (fd->is_open()) watched[count++] = {fd->get(), POLLIN, 0};
  }
  const int ready = ::poll(watched.data(), count, poll_timeout(deadline));
  if (ready > 0 && watched[0].revents != 0) has_ended_ = true;
  return ready != 0 || system_clock().now() < deadline;
}

void Jail::kill() {
  kill_process(inside_);
  // Before the set-up is through there is no first process to kill; afterwards the monitor ends by itself.
  if (!inside_.is_open()) kill_process(process_end_);
}

Ending Jail::finish() {
  Ending ending;
  if (process_ < 0) return ending;
  kill();
  siginfo_t status{};
  while (::waitid(P_PID, static_cast<id_t>(process_), &status, WEXITED) != 0 && errno == EINTR) {
  }
  process_ = -1;
  ending.wall = std::chrono::duration_cast<milliseconds>(system_clock().now() - started_at_);
  drain();
  int bytes_left = 0;
  ::ioctl(block_.theirs.get(), FIONREAD, &bytes_left);
  ending.was_set_up = inside_.is_open() && bytes_left == 0;
  ending.exit_code = status.si_code == CLD_EXITED ? status.si_status : 128 + status.si_status;
  return ending;
}

}  // namespace xrouter::sandbox
