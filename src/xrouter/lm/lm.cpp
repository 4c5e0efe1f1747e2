#include "xrouter/lm/generator.hpp"
