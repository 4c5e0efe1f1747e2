// Work divided over the processes of a run, so that every process ends up with the same results in the same order.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "xrouter/learner/collective.hpp"

namespace xrouter::trainer {

/// Whether this process does the piece of work with this number. A matter of the number alone.
inline bool is_mine(const learner::Collective& ranks, std::size_t number) {
  return number % static_cast<std::size_t>(ranks.size()) == static_cast<std::size_t>(ranks.rank());
}

/// `make(i)` for every i below `count`, each on one process; all results, by number, on every process. Every process
/// calls it with the same count. Errors: those of `make`, of whichever process had one; io of the collective.
Result<std::vector<std::string>> gather_shards(learner::Collective& ranks, std::size_t count,
                                               const std::function<Result<std::string>(std::size_t number)>& make);

/// True when it is true on any process.
Result<bool> any_of(learner::Collective& ranks, bool mine);
/// The largest over all processes.
Result<double> max_of(learner::Collective& ranks, double mine);
/// What the first process says; the others' argument is not looked at.
Result<std::string> from_first(learner::Collective& ranks, const std::string& mine);
/// The first error of any process, else nothing: all processes fail alike.
Result<void> agree(learner::Collective& ranks, const Result<void>& mine);

}  // namespace xrouter::trainer
