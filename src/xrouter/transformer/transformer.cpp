#include "xrouter/transformer/load.hpp"
