// Injected randomness. Library code never asks the system for chance.
#pragma once

#include <cstdint>
#include <string_view>

namespace xrouter {

/// SplitMix64 (Steele, Lea, Flood 2014): small, seedable, the same on every platform.
/// Not thread-safe; fork one per owner.
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next();
  /// Uniform in [0, bound); bound > 0. Unbiased (rejection).
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [0, 1) with 53 bits.
  double uniform();
  bool chance(double probability) { return uniform() < probability; }
  /// An independent stream named by purpose and index; does not advance this one.
  Rng fork(std::string_view purpose, std::uint64_t index = 0) const;

 private:
  std::uint64_t state_;
};

/// FNV-1a 64: stable hash for names, feature buckets and splits (not for untrusted hash tables).
std::uint64_t fnv1a64(std::string_view text, std::uint64_t basis = 0xcbf29ce484222325ULL);

/// A seed from the operating system; for `main` only.
std::uint64_t system_seed();

}  // namespace xrouter
