// Whether a failed attempt is tried again, and after how long. Pure: time and chance are arguments.
#pragma once

#include "xrouter/base/clock.hpp"
#include "xrouter/base/error.hpp"
#include "xrouter/base/rng.hpp"
#include "xrouter/config/config.hpp"

namespace xrouter::upstream {

/// Where a call stands after its latest attempt has failed.
struct Tries {
  int made = 0;                          ///< attempts so far, the failed one included
  int allowed = 1;                       ///< ModelCall::max_attempts
  int upstream_faults = 0;               ///< how many of them failed with RetryClass::once
  bool relayed = false;                  ///< bytes have reached the client: there is no way back
  Duration remaining = Duration::max();  ///< until the call's deadline
};

/// Whether a failed call may go on at another key or deployment at once.
enum class Elsewhere {
  no,
  free,     ///< nothing was done and nothing billed: it does not count as one of the tries
  counted,  ///< the request may have been worked on: it takes one of the tries that money was reserved for
};

struct RetryDecision {
  bool again = false;
  Duration wait = Duration::zero();
  bool operator==(const RetryDecision&) const = default;
};

/// Decides by the class of the error's kind alone (ErrorTraits::retry):
///  - transient: again after exponential backoff with full jitter;
///  - busy: the same, but not before the upstream's Retry-After;
///  - once: as transient, for the first such failure of the call only;
///  - never, credentials_dead: not again.
/// A Retry-After is kept with every class that is tried again. A wait that is longer than
/// RetryConfig::max_retry_after, or that leaves nothing of the deadline, ends the call now: the
/// caller has other models.
class RetryPolicy {
 public:
  explicit RetryPolicy(const config::RetryConfig& config) : config_(config) {}
  RetryDecision next(const Error& error, const Tries& tries, Rng& rng) const;

  /// Before next(): another place needs no waiting time. Free after a rate limit and a refused key,
  /// counted after `transient` and the first `once`; no after anything that would fail there as well,
  /// after bytes have reached the client, and when no try (or no time) is left.
  Elsewhere elsewhere(const Error& error, const Tries& tries) const;

 private:
  Duration backoff(int attempts_made, Rng& rng) const;
  config::RetryConfig config_;
};

}  // namespace xrouter::upstream
