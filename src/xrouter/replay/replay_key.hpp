// Which call is which: calls of one key may share an answer.
#pragma once

#include <map>
#include <string>

#include "xrouter/engine/transcript.hpp"

namespace xrouter::replay {

/// SHA-256 over upstream and its name of the model, the whole request as it would be sent (messages, sampling, tools,
/// further parameters) and the replica. Not in it: prices, the id under which the catalogue shows the model, streaming,
/// ids of calls. So a recording stands for any prices and names.
struct ReplayKey {
  std::string digest;  ///< 64 hex digits
  int replica = 0;
  bool operator==(const ReplayKey&) const = default;
};

/// The part of the key that all replicas share. Pure.
std::string request_digest(const ModelCall& call);
ReplayKey key_of(const std::string& request_digest, int replica);

/// At temperature 0 the same call has one answer, so that its replica is always 0.
bool is_sampled(const ModelCall& call);

/// Numbers identical calls: the nth is replica n - 1. One for an episode, or for a rollout group, whose members shall see
/// different samples; in the order in which the calls start. Not thread-safe.
class ReplicaCounter {
 public:
  int next(const std::string& request_digest) { return seen_[request_digest]++; }

 private:
  std::map<std::string, int> seen_;
};

}  // namespace xrouter::replay
