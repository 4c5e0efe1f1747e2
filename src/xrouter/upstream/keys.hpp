// Which API key of an upstream a call takes: rate limits are kept per key and model, a dead key is
// left alone by itself. Pure: the time is an argument. One per upstream and worker.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "xrouter/base/clock.hpp"
#include "xrouter/base/result.hpp"

namespace xrouter::upstream {

/// How long a key that was refused (401, 402, 403, exhausted quota) is left alone before one call
/// tries it again.
inline constexpr Duration kDeadKeyPause = std::chrono::seconds(60);
/// A Retry-After longer than this is not believed.
inline constexpr Duration kLongestPause = std::chrono::hours(1);

/// Keys by number, one bit each.
using KeyMask = std::uint32_t;
inline constexpr std::size_t kMaxKeys = 32;
inline constexpr KeyMask kAllKeys = ~KeyMask{0};

/// A key is used until it is refused or limited for the wanted model; then the next one of the list is.
///  - A 429 with Retry-After parks the key for that model for so long. Other models go on with it:
///    providers limit each model by itself.
///  - A dead key is not used for any model. After kDeadKeyPause one call tries it; until that call has
///    ended, nobody else does.
class UpstreamKeys {
 public:
  /// `count`: 1 to kMaxKeys; an upstream that asks for no key has one empty one.
  explicit UpstreamKeys(std::size_t count) : keys_(count) {}
  UpstreamKeys(const UpstreamKeys&) = delete;
  UpstreamKeys& operator=(const UpstreamKeys&) = delete;

  /// The number of a key that is not among `except`. Each is settled once.
  /// Errors: upstream_rate_limited, with the shortest waiting time as `retry_after` when keys are
  /// parked; upstream_credentials when every key is dead.
  Result<std::size_t> take(const std::string& model, KeyMask except, TimePoint now);
  /// `failure` null = the attempt succeeded.
  void settle(std::size_t key, const std::string& model, const Error* failure, TimePoint now);

  std::size_t count() const { return keys_.size(); }
  /// How many are dead. Readable from any thread, for metrics.
  int dead() const { return dead_; }

 private:
  struct Key {
    bool dead = false;
    TimePoint dead_until{};                      ///< one call tries it then
    std::map<std::string, TimePoint> parked{};  ///< by model, as the upstream calls it: as many as are configured
  };
  static bool usable(const Key& key, const std::string& model, TimePoint now);
  Error refusal(const std::string& model, TimePoint now) const;
  void mark(Key& key, bool dead);

  std::vector<Key> keys_;
  std::size_t current_ = 0;
  std::atomic<int> dead_{0};
};

}  // namespace xrouter::upstream
