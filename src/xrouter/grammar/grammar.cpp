#include "xrouter/grammar/matcher.hpp"
