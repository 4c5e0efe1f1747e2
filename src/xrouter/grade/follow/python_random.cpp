#include "xrouter/grade/follow/python_random.hpp"

#include <bit>
#include <cmath>
#include <numbers>

namespace xrouter::grade::follow {
namespace {

constexpr std::size_t kSize = 624;  // of the Mersenne Twister
constexpr std::size_t kShift = 397;

std::uint32_t mixed(std::uint32_t high, std::uint32_t low) {
  const std::uint32_t joined = (high & 0x80000000U) | (low & 0x7FFFFFFFU);
  return (joined >> 1) ^ ((low & 1U) != 0 ? 0x9908B0DFU : 0U);
}

}  // namespace

// Python seeds by an array of 32-bit words; a small seed is an array of one.
PythonRandom::PythonRandom(std::uint32_t seed) : at_(kSize) {
  state_[0] = 19650218U;
  const auto spread = [this](std::size_t i) { return state_[i - 1] ^ (state_[i - 1] >> 30); };
  for (std::size_t i = 1; i < kSize; ++i) state_[i] = 1812433253U * spread(i) + static_cast<std::uint32_t>(i);
  std::size_t i = 1;
  const auto advance = [&] {
    if (++i < kSize) return;
    state_[0] = state_[kSize - 1];
    i = 1;
  };
  for (std::size_t k = 0; k < kSize; ++k, advance()) state_[i] = (state_[i] ^ (spread(i) * 1664525U)) + seed;
  for (std::size_t k = 1; k < kSize; ++k, advance()) state_[i] = (state_[i] ^ (spread(i) * 1566083941U)) - static_cast<std::uint32_t>(i);
  state_[0] = 0x80000000U;
}

void PythonRandom::refill() {
  for (std::size_t i = 0; i < kSize; ++i) state_[i] = state_[(i + kShift) % kSize] ^ mixed(state_[i], state_[(i + 1) % kSize]);
  at_ = 0;
}

std::uint32_t PythonRandom::next() {
  if (at_ == kSize) refill();
  std::uint32_t y = state_[at_++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9D2C5680U;
  y ^= (y << 15) & 0xEFC60000U;
  return y ^ (y >> 18);
}

double PythonRandom::random() {
  const std::uint32_t high = next() >> 5;
  const std::uint32_t low = next() >> 6;
  return (high * 67108864.0 + low) / 9007199254740992.0;
}

double PythonRandom::gauss(double mu, double sigma) {
  double z = 0;
  if (spare_) {
    z = *spare_;
    spare_.reset();
  } else {
    const double angle = random() * 2 * std::numbers::pi;
    const double radius = std::sqrt(-2.0 * std::log(1.0 - random()));
    z = std::cos(angle) * radius;
    spare_ = std::sin(angle) * radius;
  }
  return mu + z * sigma;
}

std::size_t PythonRandom::below(std::uint32_t size) {
  const int bits = std::bit_width(size);
  std::uint32_t drawn = size;
  while (drawn >= size) drawn = next() >> (32 - bits);
  return drawn;
}

}  // namespace xrouter::grade::follow
