// What the agreement of two answers tells: four small logistic regressions over all pairs of models.
#pragma once

#include "xrouter/train/held_out.hpp"
#include "xrouter/train/outcome_data.hpp"

namespace xrouter::train {

/// Fitted on splits train and dev with held-out predictions. Every question weighs the same, however
/// many models answered it.
policy::AgreementModel fit_agreement(const OutcomeData& data, const HeldOutModels& held_out);

}  // namespace xrouter::train
