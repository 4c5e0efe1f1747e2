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

/// Numbers identical calls: the nth is replica first + (n - 1) * step. Members of a group that shall see different samples
/// share a counter, which reuses most but numbers in the order in which calls start; or each has its own, with its place
/// in the group as `first` and the group's size as `step`, whatever the order. Not thread-safe.
class ReplicaCounter {
 public:
  explicit ReplicaCounter(int first = 0, int step = 1) : first_(first), step_(step) {}
  int next(const std::string& request_digest) { return first_ + step_ * seen_[request_digest]++; }

 private:
  int first_, step_;
  std::map<std::string, int> seen_;
};

}  // namespace xrouter::replay
