#include "xrouter/service/pool_by_upstream.hpp"

namespace xrouter::service {

boost::asio::awaitable<ModelReply> PoolByUpstream::call(const ModelCall& call, CallScope& scope, DeltaSink* live) {
  auto pool = pools_.find(call.model->upstream);
  if (pool != pools_.end()) co_return co_await pool->second->call(call, scope, live);
  ModelReply reply{.call = call.id};
  reply.reply = fail(ErrorKind::upstream_unreachable, "The model is not available.",
                     "model '" + call.model->id.value + "' names the upstream '" + call.model->upstream + "', which is not configured");
  co_return reply;
}

}  // namespace xrouter::service
