// Python's random.Random: the same numbers from the same seed, for verdicts that hang on them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace xrouter::grade::follow {

class PythonRandom {
 public:
  explicit PythonRandom(std::uint32_t seed);

  double random();  ///< [0, 1), 53 bits
  double gauss(double mu, double sigma);
  /// An index below `size`, as choice() draws it. Precondition: size > 0.
  std::size_t below(std::uint32_t size);

 private:
  std::uint32_t next();
  void refill();

  std::array<std::uint32_t, 624> state_{};
  std::size_t at_ = 0;
  std::optional<double> spare_;  // gauss() makes two at a time
};

}  // namespace xrouter::grade::follow
