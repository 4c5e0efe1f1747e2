// What the agreement of two answers tells: four small logistic regressions over all pairs of models.
#pragma once

#include "xrouter/policy/ngram_model.hpp"
#include "xrouter/train/outcome_data.hpp"

namespace xrouter::train {

/// Fitted on one split with the predictions of `model`, whose own agreement part is not used. Every
/// question weighs the same, however many models answered it. The split must not be the one the
/// predictions were learned on: there they look better than they are.
policy::AgreementModel fit_agreement(const OutcomeData& data, const policy::NgramModel& model, corpus::Split split);

}  // namespace xrouter::train
