// Where English sentences end: the Punkt method (Kiss and Strunk, 2006) with the model that NLTK ships.
#pragma once

#include <vector>

#include "xrouter/grade/follow/text.hpp"

namespace xrouter::grade::follow {

/// Never empty ones, in order. Linear time; thread-safe.
std::vector<TextView> punkt_sentences(TextView text);

}  // namespace xrouter::grade::follow
