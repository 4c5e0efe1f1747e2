// Families of systems as curves, against the hull of the single models. Pure.
#pragma once

#include "xrouter/eval/figures/pairs.hpp"
#include "xrouter/eval/summary.hpp"

namespace xrouter::eval {

/// Fills in singles, curves and two_models of a section. `means`: the column means of `paired`.
void add_curves(Section& section, const TaskSamples& task, const std::vector<System>& systems, const Paired& paired,
                std::span<const double> means);

}  // namespace xrouter::eval
