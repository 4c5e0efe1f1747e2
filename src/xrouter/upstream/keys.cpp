#include "xrouter/upstream/keys.hpp"

#include <algorithm>
#include <optional>

namespace xrouter::upstream {
namespace {

// The attempt ended before the upstream had looked at the key.
bool says_nothing_of_key(ErrorKind kind) {
  return kind == ErrorKind::cancelled || kind == ErrorKind::deadline_exceeded || kind == ErrorKind::upstream_unreachable ||
         kind == ErrorKind::attempt_timeout;
}

}  // namespace

bool UpstreamKeys::usable(const Key& key, const std::string& model, TimePoint now) {
  if (key.dead && now < key.dead_until) return false;
  const auto parked = key.parked.find(model);
  return parked == key.parked.end() || now >= parked->second;
}

Result<std::size_t> UpstreamKeys::take(const std::string& model, KeyMask except, TimePoint now) {
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const std::size_t number = (current_ + i) % keys_.size();
    Key& key = keys_[number];
    const bool excluded = (except >> number & 1) != 0;
    if (excluded || !usable(key, model, now)) continue;
    key.parked.erase(model);
    // The next call must not try it as well before this one has ended.
    if (key.dead) key.dead_until = now + kDeadKeyPause;
    current_ = number;
    return number;
  }
  return fail(refusal(model, now));
}

Error UpstreamKeys::refusal(const std::string& model, TimePoint now) const {
  std::optional<TimePoint> soonest;
  bool any_alive = false;
  for (const Key& key : keys_) {
    if (key.dead) continue;
    any_alive = true;
    const auto parked = key.parked.find(model);
    const bool waiting = parked != key.parked.end() && now < parked->second;
    if (waiting) soonest = std::min(soonest.value_or(parked->second), parked->second);
  }
  if (!any_alive)
    return {.kind = ErrorKind::upstream_credentials, .public_text = "The upstream is not available.", .internal_text = "no key is accepted"};
  Error busy{.kind = ErrorKind::upstream_rate_limited, .public_text = "The upstream is rate limited."};
  if (soonest) busy.retry_after = std::chrono::ceil<std::chrono::milliseconds>(*soonest - now);
  return busy;
}

void UpstreamKeys::settle(std::size_t number, const std::string& model, const Error* failure, TimePoint now) {
  Key& key = keys_[number];
  if (failure && failure->kind == ErrorKind::upstream_credentials) {
    mark(key, true);
    key.dead_until = now + kDeadKeyPause;
    return;
  }
  if (failure && says_nothing_of_key(failure->kind)) {
    key.dead_until = now;  // the next call may try it
    return;
  }
  mark(key, false);
  if (failure && failure->kind == ErrorKind::upstream_rate_limited && failure->retry_after) {
    const TimePoint until = now + std::min<Duration>(*failure->retry_after, kLongestPause);
    TimePoint& parked = key.parked[model];
    parked = std::max(parked, until);
  }
}

void UpstreamKeys::mark(Key& key, bool dead) {
  if (key.dead != dead) dead_ += dead ? 1 : -1;
  key.dead = dead;
}

}  // namespace xrouter::upstream
