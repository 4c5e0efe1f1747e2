// One pool in front of several: the model's upstream says which of them is asked.
#pragma once

#include <map>
#include <string>

#include "xrouter/engine/ports.hpp"

namespace xrouter::service {

/// Refers to its pools, which must outlive it. One per worker.
class PoolByUpstream final : public ModelPool {
 public:
  void add(std::string upstream, ModelPool& pool) { pools_[std::move(upstream)] = &pool; }
  boost::asio::awaitable<ModelReply> call(const ModelCall& call, CallScope& scope, DeltaSink* live) override;

 private:
  std::map<std::string, ModelPool*> pools_;
};

}  // namespace xrouter::service
