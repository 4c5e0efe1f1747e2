// Which models to ask, decided from predictions alone. Pure; serving and the training report share it.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "xrouter/policy/ngram_model.hpp"

namespace xrouter::policy {

/// One model as the plan sees it.
struct Candidate {
  const ModelSpec* spec = nullptr;
  double log_odds = 0;  ///< of a right answer
  double penalty = 0;   ///< expected cost in units of success probability
};

/// What a request is, for the purpose of planning.
struct PlanInput {
  std::string_view text;         ///< of the last user message
  std::size_t prompt_bytes = 0;  ///< of all messages
  double cost_weight = 1;
};

/// Predictions for `models`, in their order. The penalty of a model is
/// cost_weight * cost_scale * its expected cost / the expected cost of the model most likely right,
/// so it does not depend on the currency or the length of the request. A model without a known price
/// counts like the dearest known one.
std::vector<Candidate> assess(const NgramModel& model, const PlanInput& input, std::span<const ModelSpec* const> models);

/// Ask `first`; or ask `first` and `second` at once and, only if their answers differ, a third.
/// Indices into the candidates.
struct Plan {
  std::size_t first = 0;
  std::optional<std::size_t> second = {};
  double success = 0;  ///< probability that the plan ends with a right answer
  double value = 0;    ///< success minus expected penalties
};

/// The plan of greatest value; single models only unless `may_compare`. nullopt without candidates.
std::optional<Plan> best_plan(const AgreementModel& agreement, std::span<const Candidate> candidates, bool may_compare);

/// The third model to ask after `a` and `b` gave different answers; nullopt when taking the better
/// of the two is worth more.
std::optional<std::size_t> third_opinion(const AgreementModel& agreement, std::span<const Candidate> candidates, std::size_t a, std::size_t b);

double agreed_success(const AgreementModel& agreement, const Candidate& a, const Candidate& b);

}  // namespace xrouter::policy
