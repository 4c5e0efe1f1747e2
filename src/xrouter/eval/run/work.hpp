// What is left to be done, shared by the workers of a run.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "xrouter/base/usd.hpp"

namespace xrouter::eval {

struct WorkItem {
  std::size_t question = 0;
  std::size_t system = 0;
  int rollout = 0;
  int tries = 0;  ///< made before this one
};

struct Progress {
  std::size_t done = 0;   ///< samples with a final result, earlier attempts of the run included
  std::size_t total = 0;
  std::size_t scored = 0;
  double score_sum = 0;
  std::size_t unscored = 0;
  Usd spent = {};
};

/// Hands out samples and watches money. Thread-safe.
///
/// Money: no sample starts once the spending, plus what the samples under way may still cost, could
/// pass the budget; the dearest sample so far stands for each of them. Until the first one has a cost,
/// one runs at a time.
class Work {
 public:
  struct Options {
    std::optional<Usd> budget = {};
    int retries = 2;  ///< of an unscored sample
  };
  Work(std::vector<WorkItem> items, Progress before, Options options);

  enum class Answer { item, later, finished };
  /// `later`: samples under way decide whether there will be more.
  Answer take(WorkItem& item);
  /// A taken item has ended. A retryable one is given out again at the end of the list while it has
  /// retries left.
  void finished(const WorkItem& item, bool scored, double score, bool retryable, Usd cost);
  /// Nothing is given out any more. The first reason stays.
  void stop(const std::string& why);

  Progress progress() const;
  std::string stopped_by() const;

 private:
  mutable std::mutex mutex_;
  std::vector<WorkItem> items_;
  std::size_t next_ = 0;
  std::size_t under_way_ = 0;
  Usd dearest_ = {};
  Progress progress_;
  Options options_;
  std::string stopped_by_;
};

}  // namespace xrouter::eval
