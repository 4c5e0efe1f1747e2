// Replaced by the first source of this library.
#include "xrouter/learner/token_tree.hpp"
#include "xrouter/learner/learner.hpp"
#include "xrouter/learner/collective.hpp"
