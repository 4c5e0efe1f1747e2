// Replaced by the first source of this library.
#include "xrouter/rollout/rollout.hpp"
