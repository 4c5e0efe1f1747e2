#include "xrouter/eval/systems.hpp"

#include "xrouter/policy/fixed.hpp"

namespace xrouter::eval {
namespace {

class SameAlways final : public SystemWorker {
 public:
  explicit SameAlways(std::shared_ptr<Policy> policy) : policy_(std::move(policy)) {}
  std::shared_ptr<Policy> policy_for(const EpisodeFacts&) override { return policy_; }

 private:
  std::shared_ptr<Policy> policy_;
};

class NewEveryTime final : public SystemWorker {
 public:
  explicit NewEveryTime(const MakeEpisodePolicy& make) : make_(make) {}
  std::shared_ptr<Policy> policy_for(const EpisodeFacts& facts) override { return make_(facts); }

 private:
  MakeEpisodePolicy make_;
};

using Worker = Result<std::unique_ptr<SystemWorker>>;

}  // namespace

std::function<Worker(const WorkerContext&)> same_policy_always(MakePolicy make) {
  return [make = std::move(make)](const WorkerContext& context) -> Worker {
    auto policy = make(context);
    if (!policy) return fail(policy.error());
    return std::make_unique<SameAlways>(std::move(*policy));
  };
}

std::function<Worker(const WorkerContext&)> policy_per_episode(MakeEpisodePolicy make) {
  return [make = std::move(make)](const WorkerContext&) -> Worker { return std::make_unique<NewEveryTime>(make); };
}

System single_model(const ModelSpec& model) {
  System out;
  out.id = "model:" + model.id.value;
  out.label = model.id.value;
  out.description = "Always " + model.id.value + ".";
  out.kind = SystemKind::single;
  out.needs = {model.id};
  out.fingerprint = model.upstream_model;
  out.open = same_policy_always(
      [id = model.id](const WorkerContext&) -> Result<std::shared_ptr<Policy>> { return std::make_shared<policy::FixedPolicy>(id); });
  return out;
}

}  // namespace xrouter::eval
