// A judge model that is called through the engine's own pool, so that judging is metered and retried
// like everything else.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "xrouter/engine/ports.hpp"
#include "xrouter/grade/grader.hpp"

namespace xrouter::eval {

/// Whatever keeps a pool alive; destroyed with the judge.
class PoolOwner {
 public:
  virtual ~PoolOwner() = default;
  virtual ModelPool& pool() = 0;
};
using MakePool = std::function<Result<std::unique_ptr<PoolOwner>>(Timers& timers)>;

struct JudgeLimits {
  Duration deadline = std::chrono::seconds(60);  ///< of one verdict, retries included
  std::int64_t max_tokens = 64;                  ///< a verdict is short
  int attempts = 3;
};

/// Runs one call at a time on an event loop of its own; further threads wait. Temperature 0.
class PoolJudge final : public grade::JudgeModel {
 public:
  /// Errors: ErrorKind::config when the catalogue has no such active model; what `make` returns.
  static Result<std::unique_ptr<PoolJudge>> make(std::shared_ptr<const ModelCatalog> catalog, const ModelId& model, const MakePool& make, JudgeLimits limits = {});
  ~PoolJudge() override;

  /// Model id and upstream model: a changed deployment is another judge.
  std::string_view id() const override;
  Result<std::string> ask(std::string_view system, std::string_view user) override;
  /// What all calls have cost so far, failed ones included.
  Cost spent() const;

 private:
  struct State;
  explicit PoolJudge(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace xrouter::eval
