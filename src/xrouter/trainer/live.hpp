// Models that run somewhere: what rollouts ask beside recorded answers.
#pragma once

#include <functional>
#include <memory>

#include "xrouter/config/config.hpp"
#include "xrouter/recorded/recorded_pool.hpp"
#include "xrouter/rollout/runner.hpp"

namespace xrouter::trainer {

/// Used on the trainer's thread.
class LiveModels {
 public:
  virtual ~LiveModels() = default;
  virtual const rollout::LiveTime& time() const = 0;
  virtual ModelPool& pool() = 0;
};

/// Opens the upstreams of a service configuration. Errors: config, io.
using MakeLive = std::function<Result<std::unique_ptr<LiveModels>>(std::shared_ptr<const config::Config> service)>;

/// Recorded models from records, the others live.
class MixedPool final : public ModelPool {
 public:
  /// `live` must outlive this; null: there are none.
  MixedPool(std::shared_ptr<const corpus::Corpus> corpus, ModelPool* live) : recorded_(std::move(corpus)), live_(live) {}
  boost::asio::awaitable<ModelReply> call(const ModelCall& call, CallScope& scope, DeltaSink* sink) override {
    ModelPool& pool = live_ && !recorded::RecordedPool::serves(*call.model) ? *live_ : recorded_;
    return pool.call(call, scope, sink);
  }

 private:
  recorded::RecordedPool recorded_;
  ModelPool* live_;
};

}  // namespace xrouter::trainer
