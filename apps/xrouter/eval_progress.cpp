#include "eval_progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

namespace xrouter::app {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kBetweenLines{10};
constexpr std::size_t kBarWidth = 24;

std::string clock_text(double seconds) {
  const auto whole = static_cast<long>(seconds + 0.5);
  return whole >= 3600 ? fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60)
                       : fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace

EvalProgress::EvalProgress() : watched_(::isatty(STDERR_FILENO) == 1), started_(Clock::now()), last_line_(started_) {}

EvalProgress::~EvalProgress() {
  if (watched_ && any_) std::fputc('\n', stderr);
}

double EvalProgress::seconds() const { return std::chrono::duration<double>(Clock::now() - started_).count(); }

std::string EvalProgress::line_of(const eval::Progress& progress) const {
  const double share = progress.total == 0 ? 1 : static_cast<double>(progress.done) / static_cast<double>(progress.total);
  const std::string bar(static_cast<std::size_t>(share * kBarWidth), '#');
  std::string line = fmt::format("[{:<{}}] {}/{}", bar, kBarWidth, progress.done, progress.total);
  if (progress.scored > 0) line += fmt::format("  accuracy {:.1f} %", 100 * progress.score_sum / static_cast<double>(progress.scored));
  line += fmt::format("  {:.2f} USD", progress.spent.to_double());
  if (progress.unscored > 0) line += fmt::format("  {} unscored", progress.unscored);
  const double rate = static_cast<double>(progress.done - done_before_) / std::max(seconds(), 0.001);
  const bool going = progress.done > done_before_ && progress.done < progress.total;
  if (going) line += fmt::format("  {:.0f}/s  {} left", rate, clock_text(static_cast<double>(progress.total - progress.done) / rate));
  return line;
}

void EvalProgress::show(const eval::Progress& progress) {
  if (!any_) done_before_ = progress.done;
  any_ = true;
  if (watched_) {
    fmt::print(stderr, "\r{:<110}", line_of(progress));
    std::fflush(stderr);
    return;
  }
  const bool last = progress.done == progress.total;
  if (!last && Clock::now() - last_line_ < kBetweenLines) return;
  last_line_ = Clock::now();
  fmt::print(stderr, "{}\n", line_of(progress));
}

}  // namespace xrouter::app
