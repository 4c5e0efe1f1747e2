// One pool in front of several: a call goes to the pool that serves its model's upstream.
#pragma once

#include <map>
#include <string>

#include "xrouter/engine/ports.hpp"

namespace xrouter {

/// Dispatches by ModelSpec::upstream. Like every pool bound to one worker; add() everything before
/// the first call.
class RoutingPool final : public ModelPool {
 public:
  /// `pool` must outlive this. The last one of a name wins.
  void add(std::string upstream, ModelPool& pool) { pools_.insert_or_assign(std::move(upstream), &pool); }
  bool serves(const ModelSpec& model) const { return pools_.count(model.upstream) > 0; }

  /// ErrorKind::config, without an attempt, when no pool serves the model's upstream.
  boost::asio::awaitable<ModelReply> call(const ModelCall& call, CallScope& scope, DeltaSink* live) override;

 private:
  std::map<std::string, ModelPool*> pools_;
};

}  // namespace xrouter
