#include "xrouter/base/rng.hpp"

#include <random>

#include "xrouter/base/assert.hpp"

namespace xrouter {
namespace {

std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace

std::uint64_t Rng::next() { return mix(state_ += 0x9e3779b97f4a7c15ULL); }

std::uint64_t Rng::below(std::uint64_t bound) {
  XROUTER_ASSERT(bound > 0, "an empty range has no element");
  // The lowest 2^64 mod bound values would be drawn once too often.
  const std::uint64_t reject_below = (0 - bound) % bound;
  for (;;) {
    std::uint64_t value = next();
    if (value >= reject_below) return value % bound;
  }
}

double Rng::uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

Rng Rng::fork(std::string_view purpose, std::uint64_t index) const {
  return Rng(mix(state_ ^ fnv1a64(purpose)) + mix(index + 0x632be59bd9b4e019ULL));
}

std::uint64_t fnv1a64(std::string_view text, std::uint64_t basis) {
  std::uint64_t hash = basis;
  for (unsigned char byte : text) hash = (hash ^ byte) * 0x100000001b3ULL;
  return hash;
}

std::uint64_t system_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) ^ device();
}

}  // namespace xrouter
