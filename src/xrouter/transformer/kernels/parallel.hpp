// Work on the threads of libtorch, which are the ones that oneDNN's products use as well.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "xrouter/transformer/torch_api.hpp"

namespace xrouter::transformer::kernels {

/// task(0) to task(tasks - 1), each once, by whichever thread is free: a thread that the machine holds up delays the
/// others by one task, not by its share of all of them.
template <class Task>
void share_out(std::int64_t tasks, const Task& task) {
  const std::int64_t threads = std::min<std::int64_t>(at::get_num_threads(), tasks);
  std::atomic<std::int64_t> next{0};
  const auto work = [&] {
    for (std::int64_t at = next++; at < tasks; at = next++) task(at);
  };
  if (threads <= 1) return work();
  at::parallel_for(0, threads, 1, [&](std::int64_t, std::int64_t) { work(); });
}

/// As share_out for cheap rows: a task is a run of rows; few of them are not worth a second thread.
template <class Row>
void share_out_rows(std::int64_t rows, std::int64_t values_of_a_row, const Row& row) {
  constexpr std::int64_t kValuesOfATask = 16 * 1024;
  const std::int64_t at_once = std::max<std::int64_t>(1, kValuesOfATask / values_of_a_row);
  share_out((rows + at_once - 1) / at_once, [&](std::int64_t task) {
    const std::int64_t end = std::min(rows, (task + 1) * at_once);
    for (std::int64_t at = task * at_once; at < end; ++at) row(at);
  });
}

}  // namespace xrouter::transformer::kernels
