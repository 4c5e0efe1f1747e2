// English words and signs as tokens, by the Penn Treebank's conventions as NLTK applies them.
#pragma once

#include <vector>

#include "xrouter/grade/follow/text.hpp"

namespace xrouter::grade::follow {

/// Of every sentence in turn (see punkt.hpp). Double quotes become `` and ''. Linear time; thread-safe.
std::vector<Text> word_tokens(TextView text);

}  // namespace xrouter::grade::follow
