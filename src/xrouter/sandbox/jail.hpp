// One isolated process from start to reaping: the part that talks to the operating system.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <string>

#include "xrouter/base/result.hpp"
#include "xrouter/sandbox/command_line.hpp"
#include "xrouter/sandbox/file_descriptor.hpp"

namespace xrouter::sandbox {

using SteadyTime = std::chrono::steady_clock::time_point;

/// What a process left behind, before it is judged against the limits.
struct Ending {
  bool was_set_up = false;  ///< false: it never got to the program, and `err` says why
  int exit_code = 0;        ///< as a shell gives it
  std::chrono::milliseconds wall{0};
};

/// Owns the process: the destructor kills everything in its namespace and reaps it.
class Jail {
 public:
  /// Started and unblocked. `with_channel`: descriptor kChannelFd is a socket to us.
  /// Errors: ErrorKind::io with what the system or bubblewrap said.
  static Result<std::unique_ptr<Jail>> start(const Host& host, const Program& program, const std::string& seccomp, bool with_channel);

  Jail(const Jail&) = delete;
  Jail& operator=(const Jail&) = delete;
  ~Jail();

  /// Reads what is there of the two streams; what is over the limit is dropped.
  void drain();
  bool is_over_output() const { return is_over_output_; }
  /// Waits until a stream, the channel or the end of the process has something, at most until `deadline`.
  /// False: the deadline passed.
  bool wait(SteadyTime deadline);
  bool has_ended() const { return has_ended_; }

  /// Kills every process of the namespace.
  void kill();
  /// Kills, takes what is left of the streams and reaps. Once.
  Ending finish();

  int channel() const { return channel_.get(); }
  void close_channel() { channel_.reset(); }
  SteadyTime started_at() const { return started_at_; }
  std::string out;
  std::string err;

 private:
  Jail() = default;
  Result<void> spawn(const Host& host, const Program& program, const std::string& seccomp, bool with_channel);
  Result<int> read_first_pid();
  void take_stream(FileDescriptor& from, std::string& into);

  int process_ = -1;            // bubblewrap's monitor, our child
  FileDescriptor process_end_;  // readable when it has ended
  FileDescriptor inside_;       // the first process of the namespace: its death kills all others
  FileDescriptor out_fd_;
  FileDescriptor err_fd_;
  FileDescriptor channel_;
  FileDescriptor info_;  // stays open: bubblewrap writes to it in pieces
  FdPair block_;         // "theirs" is kept to see whether the byte was taken
  std::int64_t output_limit_ = 0;
  SteadyTime started_at_{};
  bool has_ended_ = false;
  bool is_over_output_ = false;
};

}  // namespace xrouter::sandbox
