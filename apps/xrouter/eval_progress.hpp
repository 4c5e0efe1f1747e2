// How far an evaluation is: one moving line for somebody who watches, a plain line now and then for a log.
#pragma once

#include <chrono>

#include "xrouter/eval/run/work.hpp"

namespace xrouter::app {

class EvalProgress {
 public:
  EvalProgress();
  ~EvalProgress();
  EvalProgress(const EvalProgress&) = delete;
  EvalProgress& operator=(const EvalProgress&) = delete;
  void show(const eval::Progress& progress);
  double seconds() const;

 private:
  std::string line_of(const eval::Progress& progress) const;

  bool watched_;
  bool any_ = false;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point last_line_;
  std::size_t done_before_ = 0;
};

}  // namespace xrouter::app
