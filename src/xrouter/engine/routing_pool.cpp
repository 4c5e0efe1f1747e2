#include "xrouter/engine/routing_pool.hpp"

namespace xrouter {

boost::asio::awaitable<ModelReply> RoutingPool::call(const ModelCall& call, CallScope& scope, DeltaSink* live) {
  const auto found = pools_.find(call.model->upstream);
  if (found == pools_.end()) {
    ModelReply refused{.call = call.id};
    refused.reply = fail(ErrorKind::config, "The model has no upstream.",
                         "model " + call.model->id.value + " names the unknown upstream '" + call.model->upstream + "'");
    co_return refused;
  }
  co_return co_await found->second->call(call, scope, live);
}

}  // namespace xrouter
