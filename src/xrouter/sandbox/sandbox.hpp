// Runs untrusted programs with no network, no files of the host, and limits on everything.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"

namespace xrouter::sandbox {

struct SandboxLimits {
  std::chrono::milliseconds wall{5000};
  std::chrono::milliseconds cpu{5000};    ///< of the whole program; rounded up to seconds
  std::int64_t memory_bytes = 4LL << 30;  ///< address space of a process
  std::int64_t output_bytes = 1 << 20;    ///< a stream
  std::int64_t file_bytes = 16 << 20;     ///< a file that the program writes
  std::int64_t work_bytes = 64 << 20;     ///< all files together
  int processes = 64;                     ///< processes and threads together
  bool may_fork = false;                  ///< without it only threads can be started
};

/// Which host files a program sees, read-only.
enum class Toolbox {
  python,    ///< the Python interpreter, its library and the shared libraries
  compiler,  ///< /usr as a whole: for compiling, never for running what was compiled
};

struct File {
  std::string name;  ///< plain file name, placed in the work folder
  std::string content;
  bool executable = false;
};

struct Program {
  std::vector<std::string> argv;  ///< argv[0] is looked up in the sandbox's own PATH; "python3" is always there
  std::vector<File> files = {};   ///< at most 16
  std::string input = {};         ///< standard input, as a file
  SandboxLimits limits = {};
  Toolbox toolbox = Toolbox::python;
};

enum class RunStatus { exited, signalled, time_limit, memory_limit, output_limit, infrastructure_error };
std::string_view to_text(RunStatus status);

struct RunResult {
  RunStatus status = RunStatus::infrastructure_error;
  /// Exit code or signal number. A program that exits with 128 + n counts as killed by signal n, as in a shell.
  int code = 0;
  std::string out = {};  ///< at most output_bytes
  std::string err = {};  ///< at most output_bytes
  std::chrono::milliseconds wall{0};
  std::string problem = {};  ///< of an infrastructure error
};

enum class ReplyStatus {
  line,
  ended,         ///< the program closed its side or is gone
  time_limit,    ///< no full line in time; the program was killed
  output_limit,  ///< a line or a stream over output_bytes; the program was killed
};

struct Reply {
  ReplyStatus status = ReplyStatus::ended;
  std::string line = {};  ///< without its newline
  std::chrono::milliseconds wall{0};
};

/// A running program that answers lines on descriptor 3 (a socket, both ways). Not thread-safe, and
/// bound to the thread that started it: the program dies when that thread ends.
class Session {
 public:
  /// Kills the program.
  virtual ~Session() = default;
  /// Sends one line and waits for one. After anything but `line` every further ask gives `ended`.
  virtual Reply ask(std::string_view line, std::chrono::milliseconds wall) = 0;
  /// Kills what is left and says how the program ended; `exited` with code 0 when it was still well.
  virtual RunResult finish() = 0;
};

/// Thread-safe: several threads may run programs at once.
class Sandbox {
 public:
  virtual ~Sandbox() = default;
  virtual RunResult run(const Program& program) = 0;
  /// `limits.wall` is the whole session's. Errors: ErrorKind::io when it could not be started.
  virtual Result<std::unique_ptr<Session>> start(const Program& program) = 0;
};

struct SandboxOptions {
  std::string bubblewrap = "/usr/bin/bwrap";
  std::string python = "/usr/bin/python3";
};

/// The real one. Errors: ErrorKind::config when this machine cannot isolate (what is missing and how
/// to get it); never falls back to running without isolation.
Result<std::unique_ptr<Sandbox>> make_sandbox(const SandboxOptions& options = {});

}  // namespace xrouter::sandbox
