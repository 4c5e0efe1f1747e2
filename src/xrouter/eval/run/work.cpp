#include "xrouter/eval/run/work.hpp"

#include <algorithm>

namespace xrouter::eval {

Work::Work(std::vector<WorkItem> items, Progress before, Options options)
    : items_(std::move(items)), progress_(before), options_(options) {}

Work::Answer Work::take(WorkItem& item) {
  const std::lock_guard guard(mutex_);
  if (!stopped_by_.empty()) return Answer::finished;
  if (next_ == items_.size()) return under_way_ == 0 ? Answer::finished : Answer::later;
  if (options_.budget) {
    const auto slots = static_cast<std::int64_t>(under_way_ + 1);
    const Usd possible = dearest_.checked_mul(slots).value_or(Usd::max() - progress_.spent) + progress_.spent;
    const bool too_much = possible > *options_.budget || progress_.spent >= *options_.budget;
    const bool first_under_way = dearest_ == Usd::zero() && under_way_ > 0;
    if (too_much && under_way_ == 0) {
      stopped_by_ = "budget";
      return Answer::finished;
    }
    if (too_much || first_under_way) return Answer::later;
  }
  item = items_[next_++];
  ++under_way_;
  return Answer::item;
}

void Work::finished(const WorkItem& item, bool scored, double score, bool retryable, Usd cost) {
  const std::lock_guard guard(mutex_);
  --under_way_;
  progress_.spent += cost;
  dearest_ = std::max(dearest_, cost);
  if (retryable && item.tries < options_.retries) {
    WorkItem again = item;
    ++again.tries;
    items_.push_back(again);
    return;
  }
  ++progress_.done;
  if (scored) {
    ++progress_.scored;
    progress_.score_sum += score;
  } else {
    ++progress_.unscored;
  }
}

void Work::stop(const std::string& why) {
  const std::lock_guard guard(mutex_);
  if (stopped_by_.empty()) stopped_by_ = why;
}

Progress Work::progress() const {
  const std::lock_guard guard(mutex_);
  return progress_;
}

std::string Work::stopped_by() const {
  const std::lock_guard guard(mutex_);
  return stopped_by_;
}

}  // namespace xrouter::eval
