#include "xrouter/eval/pool_judge.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "xrouter/engine/drive.hpp"
#include "xrouter/policy/fixed.hpp"

namespace xrouter::eval {
namespace {

struct Nobody final : EpisodeObserver {
  void on(const EpisodeEvent&) override {}
};

EpisodeSpec spec_of(std::shared_ptr<const ModelCatalog> catalog, const ModelId& model, std::string_view system, std::string_view user, const JudgeLimits& limits) {
  EpisodeSpec spec;
  spec.request.model = model.value;
  spec.request.messages.push_back({.role = Role::system, .content = std::string(system)});
  spec.request.messages.push_back({.role = Role::user, .content = std::string(user)});
  spec.request.sampling.temperature = 0;
  spec.request.sampling.max_output_tokens = limits.max_tokens;
  spec.offered = offer(*catalog, {model});
  spec.catalog = std::move(catalog);
  spec.limits.max_turns = 1;
  spec.limits.max_calls = 1;
  spec.limits.deadline = limits.deadline;
  spec.limits.attempts_per_call = limits.attempts;
  return spec;
}

}  // namespace

struct PoolJudge::State {
  State(std::shared_ptr<const ModelCatalog> models, ModelId judge, JudgeLimits bounds)
      : catalog(std::move(models)), model(std::move(judge)), limits(bounds), policy(model) {}

  std::shared_ptr<const ModelCatalog> catalog;
  ModelId model;
  JudgeLimits limits;
  std::string identity = {};
  std::mutex mutex = {};
  boost::asio::io_context io{1};
  AsioTimers timers{io};
  policy::FixedPolicy policy;
  std::unique_ptr<PoolOwner> owner = {};
  Cost spent = {};

  Outcome run(Episode& episode) {
    Nobody observer;
    CallScope scope(io.get_executor(), timers, Deadline::after(timers.clock().now(), limits.deadline), "judge");
    Outcome outcome;
    boost::asio::co_spawn(io, drive(episode, policy, owner->pool(), observer, scope), [&](std::exception_ptr error, Outcome ended) {
      if (!error) outcome = std::move(ended);
      io.stop();  // not waiting for the scope's deadline
    });
    io.restart();
    io.run();
    return outcome;
  }
};

Result<std::unique_ptr<PoolJudge>> PoolJudge::make(std::shared_ptr<const ModelCatalog> catalog, const ModelId& model, const MakePool& make, JudgeLimits limits) {
  const ModelSpec* spec = catalog->find(model);
  if (!spec) return fail(ErrorKind::config, "the judge '" + model.value + "' is not in the catalogue");
  auto state = std::make_unique<State>(std::move(catalog), model, limits);
  state->identity = model.value + "@" + spec->upstream + "/" + (spec->upstream_model.empty() ? model.value : spec->upstream_model);
  auto owner = make(state->timers);
  if (!owner) return fail(owner.error());
  state->owner = std::move(*owner);
  return std::unique_ptr<PoolJudge>(new PoolJudge(std::move(state)));
}

PoolJudge::PoolJudge(std::unique_ptr<State> state) : state_(std::move(state)) {}
PoolJudge::~PoolJudge() = default;

std::string_view PoolJudge::id() const { return state_->identity; }

Cost PoolJudge::spent() const {
  const std::lock_guard lock(state_->mutex);
  return state_->spent;
}

Result<std::string> PoolJudge::ask(std::string_view system, std::string_view user) {
  const std::lock_guard lock(state_->mutex);
  Episode episode(spec_of(state_->catalog, state_->model, system, user, state_->limits));
  const Outcome outcome = state_->run(episode);
  state_->spent += episode.ledger().total();
  if (outcome.answer) return outcome.answer->text();
  return fail(outcome.error.value_or(Error{.kind = ErrorKind::internal, .public_text = "the judge's episode ended without an outcome"}));
}

}  // namespace xrouter::eval
