// The sandbox proper: runs jails against their limits and says how they ended.
#include <sys/socket.h>

#include <algorithm>
#include <csignal>

#include "xrouter/base/clock.hpp"
#include "xrouter/sandbox/host.hpp"
#include "xrouter/sandbox/jail.hpp"
#include "xrouter/sandbox/seccomp_filter.hpp"

namespace xrouter::sandbox {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMaxFileNameBytes = 64;
constexpr std::chrono::seconds kEndingTime{3};

/// Why we killed a program, if we did.
enum class Killed { no, wall, output };

bool is_plain_name(const std::string& name) {
  const auto is_plain = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.'; };
  return !name.empty() && name.size() <= kMaxFileNameBytes && name[0] != '.' && name[0] != '-' && std::ranges::all_of(name, is_plain);
}

Result<void> check(const Program& program) {
  if (program.argv.empty()) return fail(ErrorKind::invalid_request, "a sandboxed program needs a command");
  if (program.files.size() > kMaxFiles) return fail(ErrorKind::invalid_request, "too many files for a sandboxed program");
  for (const File& file : program.files) {
    if (!is_plain_name(file.name)) return fail(ErrorKind::invalid_request, "a file of a sandboxed program needs a plain name");
  }
  return {};
}

// The address-space limit shows only as an allocation that failed inside. A program may pretend it,
// which turns one failure into another.
bool says_out_of_memory(std::string_view err) {
  const std::string_view tail = err.substr(err.size() - std::min<std::size_t>(err.size(), 400));
  return tail.find("MemoryError") != tail.npos || tail.find("std::bad_alloc") != tail.npos ||
         tail.find("can't start new thread") != tail.npos;
}

RunStatus status_of(const Ending& ending, Killed killed, const SandboxLimits& limits, std::string_view err) {
  if (!ending.was_set_up) return RunStatus::infrastructure_error;
  if (killed == Killed::output) return RunStatus::output_limit;
  if (killed == Killed::wall) return RunStatus::time_limit;
  const int signal = ending.exit_code - 128;
  // The kernel kills at the CPU limit, at last with SIGKILL.
  if (signal == SIGXCPU || (signal == SIGKILL && ending.wall >= limits.cpu)) return RunStatus::time_limit;
  if (ending.exit_code != 0 && says_out_of_memory(err)) return RunStatus::memory_limit;
  return signal > 0 ? RunStatus::signalled : RunStatus::exited;
}

RunResult result_of(Jail& jail, Killed killed, const SandboxLimits& limits) {
  const Ending ending = jail.finish();
  if (killed == Killed::no && jail.is_over_output()) killed = Killed::output;
  RunResult result{.status = status_of(ending, killed, limits, jail.err), .out = std::move(jail.out), .err = std::move(jail.err)};
  result.code = result.status == RunStatus::signalled ? ending.exit_code - 128 : ending.exit_code;
  result.wall = ending.wall;
  if (result.status == RunStatus::infrastructure_error) result.problem = "the sandbox cannot be set up: " + result.err;
  return result;
}

class BubblewrapSession final : public Session {
 public:
  BubblewrapSession(std::unique_ptr<Jail> jail, const SandboxLimits& limits)
      : jail_(std::move(jail)), limits_(limits), session_end_(jail_->started_at() + limits.wall) {}

  Reply ask(std::string_view line, milliseconds wall) override {
    const auto from = system_clock().now();
    Reply reply = exchange(line, std::min(from + wall, session_end_));
    reply.wall = std::chrono::duration_cast<milliseconds>(system_clock().now() - from);
    if (reply.status != ReplyStatus::line) is_over_ = true;
    return reply;
  }

  RunResult finish() override {
    if (finished_) return *finished_;
    const bool was_well = !is_over_ && !jail_->has_ended();
    if (is_over_ && killed_ == Killed::no) await_end();
    finished_ = result_of(*jail_, killed_, limits_);
    // Our own kill is not the program's signal.
    if (was_well && finished_->status == RunStatus::signalled) finished_->status = RunStatus::exited, finished_->code = 0;
    return *finished_;
  }

 private:
  Reply exchange(std::string_view line, SteadyTime deadline) {
    if (is_over_) return {};
    outgoing_.assign(line);
    outgoing_ += '\n';
    while (true) {
      if (!outgoing_.empty() && !send_some()) return {};
      if (const auto end = incoming_.find('\n'); end != std::string::npos) return {ReplyStatus::line, take_line(end), {}};
      if (static_cast<std::int64_t>(incoming_.size()) > limits_.output_bytes) return killed_for(Killed::output, ReplyStatus::output_limit);
      if (!wait_for_more(deadline)) return killed_for(Killed::wall, ReplyStatus::time_limit);
      jail_->drain();
      if (jail_->is_over_output()) return killed_for(Killed::output, ReplyStatus::output_limit);
      if (!receive() && incoming_.find('\n') == std::string::npos) return {};
    }
  }

  // A program that has closed its side is about to end: how, is worth a moment.
  void await_end() {
    jail_->close_channel();
    const auto until = std::min(session_end_, system_clock().now() + kEndingTime);
    while (!jail_->has_ended() && jail_->wait(until)) jail_->drain();
  }

  // A full socket is tried again every few milliseconds: requests are small beside its buffer.
  bool wait_for_more(SteadyTime deadline) {
    if (outgoing_.empty()) return jail_->wait(deadline);
    jail_->wait(std::min(deadline, system_clock().now() + milliseconds(2)));
    return system_clock().now() < deadline;
  }

  bool send_some() {
    const ssize_t sent = ::send(jail_->channel(), outgoing_.data(), outgoing_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    outgoing_.erase(0, static_cast<std::size_t>(sent));
    return true;
  }

  /// False when nothing more will come.
  bool receive() {
    char buffer[65536];
    const ssize_t got = ::recv(jail_->channel(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (got > 0) incoming_.append(buffer, static_cast<std::size_t>(got));
    if (got < 0) return (errno == EAGAIN && !jail_->has_ended()) || errno == EINTR;
    return got > 0;
  }

  std::string take_line(std::size_t end) {
    std::string line = incoming_.substr(0, end);
    incoming_.erase(0, end + 1);
    return line;
  }

  Reply killed_for(Killed why, ReplyStatus status) {
    killed_ = why;
    jail_->kill();
    return {status, {}, {}};
  }

  std::unique_ptr<Jail> jail_;
  SandboxLimits limits_;
  SteadyTime session_end_;
  std::string outgoing_;
  std::string incoming_;
  bool is_over_ = false;
  Killed killed_ = Killed::no;
  std::optional<RunResult> finished_;
};

class BubblewrapSandbox final : public Sandbox {
 public:
  BubblewrapSandbox(Host host, std::string filter, std::string forking_filter)
      : host_(std::move(host)), filter_(std::move(filter)), forking_filter_(std::move(forking_filter)) {}

  RunResult run(const Program& program) override {
    auto jail = jail_for(program, false);
    if (!jail) return {.problem = jail.error().describe()};
    const SteadyTime deadline = (*jail)->started_at() + program.limits.wall;
    Killed killed = Killed::no;
    while (!(*jail)->has_ended() && killed == Killed::no) {
      if (!(*jail)->wait(deadline)) killed = Killed::wall;
      (*jail)->drain();
      if ((*jail)->is_over_output()) killed = Killed::output;
    }
    return result_of(**jail, killed, program.limits);
  }

  Result<std::unique_ptr<Session>> start(const Program& program) override {
    auto jail = jail_for(program, true);
    if (!jail) return tl::unexpected(jail.error());
    return std::make_unique<BubblewrapSession>(std::move(*jail), program.limits);
  }

 private:
  Result<std::unique_ptr<Jail>> jail_for(const Program& program, bool with_channel) const {
    if (const auto checked = check(program); !checked) return tl::unexpected(checked.error());
    return Jail::start(host_, program, program.limits.may_fork ? forking_filter_ : filter_, with_channel);
  }

  const Host host_;
  const std::string filter_;
  const std::string forking_filter_;
};

// Runs the interpreter once: nothing short of that shows that every layer is there.
Result<void> probe(const Host& host, const std::string& filter) {
  BubblewrapSandbox sandbox(host, filter, filter);
  Program program{.argv = {"python3", "-s", "-B", "-c", "print(6 * 7)"}};
  program.limits.wall = std::chrono::seconds(30);
  const RunResult result = sandbox.run(program);
  if (result.status == RunStatus::exited && result.out == "42\n") return {};
  return fail(ErrorKind::config, "no sandbox", result.problem.empty() ? result.err : result.problem);
}

}  // namespace

std::string_view to_text(RunStatus status) {
  switch (status) {
    case RunStatus::exited:
      return "exited";
    case RunStatus::signalled:
      return "signalled";
    case RunStatus::time_limit:
      return "time_limit";
    case RunStatus::memory_limit:
      return "memory_limit";
    case RunStatus::output_limit:
      return "output_limit";
    case RunStatus::infrastructure_error:
      return "infrastructure_error";
  }
  return "unknown";
}

Result<std::unique_ptr<Sandbox>> make_sandbox(const SandboxOptions& options) {
  auto filter = make_seccomp_filter(false);
  auto forking_filter = make_seccomp_filter(true);
  if (!filter || !forking_filter) return tl::unexpected((filter ? forking_filter : filter).error());
  const auto hosts = possible_hosts(options);
  if (!hosts) return tl::unexpected(hosts.error());
  std::string why;
  for (const Host& host : *hosts) {
    const auto works = probe(host, *filter);
    if (works) return std::make_unique<BubblewrapSandbox>(host, std::move(*filter), std::move(*forking_filter));
    why = works.error().internal_text;
  }
  return fail(
      ErrorKind::config,
      "programs cannot be isolated on this machine: bubblewrap needs unprivileged user namespaces (in a container: permission to create "
      "namespaces and mounts); see docs/sandbox.md",
      why);
}

}  // namespace xrouter::sandbox
