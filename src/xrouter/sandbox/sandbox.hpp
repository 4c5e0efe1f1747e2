// Runs untrusted programs with no network, no files of the host, and limits on everything.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "xrouter/base/result.hpp"

namespace xrouter::sandbox {

struct SandboxLimits {
  std::chrono::milliseconds wall{5000};
  std::chrono::milliseconds cpu{5000};
  std::int64_t memory_bytes = 4LL << 30;
  std::int64_t output_bytes = 1 << 20;  ///< a stream
  std::int64_t file_bytes = 16 << 20;
  int processes = 64;
};

struct File {
  std::string name;  ///< plain file name, placed in the work folder
  std::string content;
};

struct Program {
  std::vector<std::string> argv;  ///< argv[0] is looked up in the sandbox's own PATH
  std::vector<File> files = {};
  std::string input = {};         ///< standard input
  SandboxLimits limits = {};
};

enum class RunStatus { exited, signalled, time_limit, memory_limit, output_limit, infrastructure_error };

struct RunResult {
  RunStatus status = RunStatus::infrastructure_error;
  int code = 0;  ///< exit code or signal number
  std::string out;
  std::string err;
  std::chrono::milliseconds wall{0};
  std::string problem = {};  ///< of an infrastructure error
};

/// Thread-safe: several threads may run programs at once.
class Sandbox {
 public:
  virtual ~Sandbox() = default;
  virtual RunResult run(const Program& program) = 0;
};

/// The real one. Errors: ErrorKind::config when this machine cannot isolate (what is missing and how
/// to get it); never falls back to running without isolation.
Result<std::unique_ptr<Sandbox>> make_sandbox();

}  // namespace xrouter::sandbox
