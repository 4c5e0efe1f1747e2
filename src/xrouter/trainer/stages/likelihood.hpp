// Sequences whose choices are to become likelier: what language modelling and the warm start have in common.
#pragma once

#include <vector>

#include "xrouter/rl/loss.hpp"
#include "xrouter/trainer/stages/stage.hpp"
#include "xrouter/trainer/update.hpp"

namespace xrouter::trainer {

/// One step towards them, as a mean over all their choices. Sets loss, entropy, optimizer and speed in `metrics`. The
/// same on every process, as are the sequences; those without choices are left out.
Result<StepEnd> learn_sequences(const StageContext& context, const std::vector<learner::TokenSequence>& sequences, double learning_rate,
                                PhaseClock& phases, StepMetrics& metrics);

/// After an update: learning rate, norm, tokens a second. Counts what was skipped.
void set_update_figures(const std::vector<UpdateReport>& reports, double learning_rate, double seconds, StepMetrics& metrics);

}  // namespace xrouter::trainer
