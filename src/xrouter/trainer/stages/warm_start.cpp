#include "xrouter/trainer/stages/warm_start.hpp"

#include "xrouter/trainer/stages/draws.hpp"
#include "xrouter/trainer/stages/group_figures.hpp"
#include "xrouter/trainer/stages/likelihood.hpp"

namespace xrouter::trainer {
namespace {

class WarmStartStage final : public Stage {
 public:
  WarmStartStage(const StageContext& context, const StageConfig& config)
      : context_(context),
        config_(config),
        deck_(context.config.seed, config.name, context.episodes.size(SampleUse::train), !context.episodes.ordered()) {}

  std::int64_t steps() const override { return steps_of(config_, context_.episodes.size(SampleUse::train), context_.config.cost_weight.per_sample); }

  Result<StepEnd> step(TrainerState& state, StepMetrics& metrics) override {
    PhaseClock phases(context_, metrics);
    const auto items = draw_items(context_.config, config_, deck_, context_.episodes, config_.batch, 1, state);
    const auto groups = teach_on_all(context_, items, {.drawn_at = static_cast<std::uint64_t>(state.step), .version = "teacher"});
    if (!groups) return fail(groups.error());
    count_costs(state, *groups);
    phases.lap("rollout");
    std::vector<learner::TokenSequence> sequences;
    for (const rollout::Group& group : *groups)
      for (const rollout::Rollout& rollout : group.rollouts)
        if (!rollout.trajectory.sequence.tokens.empty()) sequences.push_back(rollout.trajectory.sequence);
    set_group_figures(context_.episodes, *groups, metrics);
    return learn_sequences(context_, sequences, learning_rate_of(config_, steps(), state), phases, metrics);
  }

 private:
  const StageContext& context_;
  const StageConfig& config_;
  Deck deck_;
};

}  // namespace

std::unique_ptr<Stage> make_warm_start_stage(const StageContext& context, const StageConfig& config) {
  return std::make_unique<WarmStartStage>(context, config);
}

}  // namespace xrouter::trainer
