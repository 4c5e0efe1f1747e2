// The judge model of a command line, with its cache.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>

#include "assembly.hpp"
#include "xrouter/eval/pool_judge.hpp"
#include "xrouter/grade/judge/judge.hpp"

namespace xrouter::app {

/// Nothing for an empty model name: graders that need a judge then say so.
class JudgeTool {
 public:
  JudgeTool(const ConfigOption& config, const std::string& model, const std::string& cache_file) {
    if (model.empty()) return;
    assembly_ = require(Assembly::make(config.load()));
    pool_ = require(eval::PoolJudge::make(assembly_->config()->catalog, ModelId(model), [this](Timers& timers) { return make_pool(timers); }));
    cache_ = require(grade::CachedJudge::open(*pool_, cache_file));
  }
  grade::JudgeModel* model() const { return cache_.get(); }
  void print_cost() const {
    if (pool_) fmt::print("judge {}: {} USD{}\n", pool_->id(), pool_->spent().known.to_decimal(), pool_->spent().complete ? "" : " at least");
  }

 private:
  struct Parts final : eval::PoolOwner {
    explicit Parts(std::unique_ptr<WorkerParts> worker) : parts(std::move(worker)) {}
    ModelPool& pool() override { return parts->pool(); }
    std::unique_ptr<WorkerParts> parts;
  };
  Result<std::unique_ptr<eval::PoolOwner>> make_pool(Timers& timers) const {
    auto worker = assembly_->make_worker(timers, 1);
    if (!worker) return fail(worker.error());
    return std::make_unique<Parts>(std::move(*worker));
  }

  std::unique_ptr<Assembly> assembly_;
  std::unique_ptr<eval::PoolJudge> pool_;
  std::unique_ptr<grade::CachedJudge> cache_;
};

}  // namespace xrouter::app
