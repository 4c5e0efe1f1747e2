#include "xrouter/upstream/retry.hpp"

#include <algorithm>

namespace xrouter::upstream {
namespace {

bool class_allows(RetryClass retry, int upstream_faults) {
  switch (retry) {
    case RetryClass::transient:
    case RetryClass::busy:
      return true;
    case RetryClass::once:
      return upstream_faults <= 1;
    case RetryClass::never:
    case RetryClass::credentials_dead:
      return false;
  }
  return false;
}

}  // namespace

Duration RetryPolicy::backoff(int attempts_made, Rng& rng) const {
  const Duration cap = config_.backoff_cap;
  Duration top = std::min<Duration>(config_.backoff_base, cap);
  for (int i = 1; i < attempts_made && top < cap; ++i) top = std::min(top * 2, cap);
  // Full jitter: calls that failed together must not come back together.
  return Duration(static_cast<Duration::rep>(rng.uniform() * static_cast<double>(top.count())));
}

Elsewhere RetryPolicy::elsewhere(const Error& error, const Tries& tries) const {
  if (tries.relayed || tries.remaining <= Duration::zero()) return Elsewhere::no;
  const RetryClass retry = traits_of(error.kind).retry;
  if (retry == RetryClass::busy || retry == RetryClass::credentials_dead) return Elsewhere::free;
  const bool again = tries.made < tries.allowed && class_allows(retry, tries.upstream_faults);
  return again ? Elsewhere::counted : Elsewhere::no;
}

RetryDecision RetryPolicy::next(const Error& error, const Tries& tries, Rng& rng) const {
  constexpr RetryDecision give_up{};
  if (tries.relayed || tries.made >= tries.allowed) return give_up;
  if (!class_allows(traits_of(error.kind).retry, tries.upstream_faults)) return give_up;
  Duration wait = backoff(tries.made, rng);
  if (error.retry_after) {
    if (*error.retry_after > config_.max_retry_after) return give_up;
    wait += *error.retry_after;
  }
  if (wait >= tries.remaining) return give_up;
  return {.again = true, .wait = wait};
}

}  // namespace xrouter::upstream
