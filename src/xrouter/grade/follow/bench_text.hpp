// Small views on a reply that several of IFBench's kinds share.
#pragma once

#include <string>
#include <vector>

#include "xrouter/grade/follow/text.hpp"

namespace xrouter::grade::follow {

/// The matches of \d+.
std::vector<TextView> digit_runs(TextView text);
/// ASCII letters and signs only: accents are taken off, other characters left out.
std::string ascii_only(TextView text);

}  // namespace xrouter::grade::follow
