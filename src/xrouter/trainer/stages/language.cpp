#include "xrouter/trainer/stages/language.hpp"

#include "xrouter/trainer/stages/draws.hpp"
#include "xrouter/trainer/stages/likelihood.hpp"

namespace xrouter::trainer {
namespace {

class LanguageStage final : public Stage {
 public:
  LanguageStage(const StageContext& context, const StageConfig& config)
      : context_(context), config_(config), deck_(context.config.seed, config.name, context.texts->size(), true) {}

  std::int64_t steps() const override { return steps_of(config_, context_.texts->size()); }

  Result<StepEnd> step(TrainerState& state, StepMetrics& metrics) override {
    PhaseClock phases(context_, metrics);
    std::vector<learner::TokenSequence> sequences;
    for (int i = 0; i < config_.batch; ++i) {
      auto text = context_.texts->text(deck_.at(state.drawn++));
      if (!text) return fail(text.error());
      sequences.push_back(std::move(*text));
    }
    phases.lap("rollout");
    return learn_sequences(context_, sequences, learning_rate_of(config_, steps(), state), phases, metrics);
  }

 private:
  const StageContext& context_;
  const StageConfig& config_;
  Deck deck_;
};

}  // namespace

std::unique_ptr<Stage> make_language_stage(const StageContext& context, const StageConfig& config) {
  return std::make_unique<LanguageStage>(context, config);
}

}  // namespace xrouter::trainer
