// Questions that are for reports or for validation are not learned from, whoever made the set.
#pragma once

#include <string>

#include "xrouter/samples/sample_set.hpp"

namespace xrouter::trainer {

/// `expected` is the split of what the set is used for: train or dev. A set with a record must be of it. Without one, no
/// question may be of split test, and to learn from none of split dev. Errors: config, naming the setting.
Result<void> check_split(const samples::SampleSet& set, const std::string& setting, corpus::Split expected);

}  // namespace xrouter::trainer
