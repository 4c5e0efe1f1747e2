// What `host` exports under /metrics. Names and meanings are listed in docs/host.md.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "xrouter/lm/generator.hpp"

namespace xrouter::host {

/// One set for all workers. Thread-safe.
class Metrics {
 public:
  /// `generator` is asked at every render and outlives the metrics.
  explicit Metrics(const lm::Generator& generator);
  ~Metrics();

  /// A request has been answered; `route` is the table's label, "unknown" or "unparsed" outside it.
  void request(std::string_view route, int status, Duration took);
  /// A generation has ended by itself, with its own figures.
  void generation(const lm::Generation& generation);
  void streams(int change);

  /// Prometheus text format 0.0.4.
  std::string render();

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace xrouter::host
