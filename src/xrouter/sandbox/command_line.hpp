// How bubblewrap is asked to isolate. Pure: only decides words.
#pragma once

#include <string>
#include <vector>

#include "xrouter/sandbox/sandbox.hpp"

namespace xrouter::sandbox {

inline constexpr std::size_t kMaxFiles = 16;
inline constexpr int kChannelFd = 3;
inline constexpr const char* kPrlimit = "/usr/bin/prlimit";

/// What the probing of this machine found out.
struct Host {
  std::string bubblewrap;
  /// Words put in front of bubblewrap. Root becomes nobody: the kernel limits no process count for root.
  std::vector<std::string> starter = {};
  bool own_proc = true;     ///< a fresh /proc can be mounted; not so in some containers
  std::string python = {};  ///< resolved path
  /// Read-only binds; the same path inside and outside.
  std::vector<std::string> python_paths = {};
  std::vector<std::string> compiler_paths = {};
  /// Pairs of target and link, such as usr/lib and /lib.
  std::vector<std::pair<std::string, std::string>> links = {};
};

/// Descriptor numbers as the started process sees them.
struct PassedFds {
  int seccomp = -1;
  int info = -1;
  int block = -1;
  int first_file = -1;  ///< one for each file of the program, in order
};

std::vector<std::string> command_line(const Host& host, const Program& program, const PassedFds& fds);

}  // namespace xrouter::sandbox
