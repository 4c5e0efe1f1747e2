// A bar on standard error, shown only when somebody watches.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

namespace xrouter::app {

class ProgressBar {
 public:
  explicit ProgressBar(std::string what) : what_(std::move(what)), shown_(::isatty(STDERR_FILENO) == 1) {}
  ~ProgressBar() {
    if (percent_ >= 0) std::fputc('\n', stderr);
  }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void show(std::size_t done, std::size_t total) {
    const int percent = total == 0 ? 100 : static_cast<int>(std::min(done, total) * 100 / total);
    if (!shown_ || percent == percent_) return;
    percent_ = percent;
    const std::string bar(static_cast<std::size_t>(percent) / 4, '#');
    fmt::print(stderr, "\r{} [{:<25}] {:3}%", what_, bar, percent);
    std::fflush(stderr);
  }

 private:
  std::string what_;
  bool shown_;
  int percent_ = -1;
};

}  // namespace xrouter::app
