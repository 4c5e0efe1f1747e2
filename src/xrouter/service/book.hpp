// Where requests are recorded, as far as those who answer them need to know.
#pragma once

#include <memory>
#include <string>

#include "xrouter/engine/ports.hpp"

namespace xrouter::service {

/// What a record says about a request beside its episode.
struct RequestFacts {
  RequestId id;
  std::string model;            ///< the public name the client asked for
  std::string strategy;         ///< Plan::strategy
  std::string config_hash = {};  ///< config::Config::hash
  std::string key_fingerprint;  ///< of the caller's API key; empty without keys
};

/// Thread-safe.
class RequestBook {
 public:
  virtual ~RequestBook() = default;
  /// False: what is spent could not be recorded now, so nothing may be spent.
  virtual bool accepting() const = 0;
  /// An observer that records one episode. It never blocks.
  virtual std::unique_ptr<EpisodeObserver> open(const RequestFacts& facts) = 0;
  /// Bytes of records that wait to be stored.
  virtual std::uint64_t backlog_bytes() const { return 0; }
};

}  // namespace xrouter::service
