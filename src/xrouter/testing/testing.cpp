#include "xrouter/testing/world.hpp"
