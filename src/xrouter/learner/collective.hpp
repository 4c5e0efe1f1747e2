// The processes of one training run, on one machine or several.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "xrouter/base/result.hpp"

namespace xrouter::learner {

/// Every process makes the same calls in the same order. A process that fails or leaves makes the others' next call an
/// error after the time limit: nobody waits for ever. Errors: io.
class Collective {
 public:
  virtual ~Collective() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  /// Elementwise sum, the same bits on every process.
  virtual Result<void> sum(std::span<float> values) = 0;
  virtual Result<void> sum(std::span<double> values) = 0;
  /// What every process gave, by rank.
  virtual Result<std::vector<std::string>> gather(const std::string& bytes) = 0;
};

/// A run of one process.
class Alone final : public Collective {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  Result<void> sum(std::span<float>) override { return {}; }
  Result<void> sum(std::span<double>) override { return {}; }
  Result<std::vector<std::string>> gather(const std::string& bytes) override { return std::vector<std::string>{bytes}; }
};

/// Where the processes of a run meet. launch.hpp reads it from what torchrun and mpirun set.
struct CollectiveOptions {
  int rank = 0;        ///< 0 .. size - 1; process 0 listens
  int size = 1;
  int local_rank = 0;  ///< among the processes of this machine: the number of its GPU
  std::string address = "127.0.0.1";  ///< of process 0
  int port = 29500;
  int timeout_seconds = 600;  ///< that a process waits for the others, in each call
  std::string device = "cpu"; ///< cpu: Gloo; cuda: NCCL, where the module was built with it
};

}  // namespace xrouter::learner
