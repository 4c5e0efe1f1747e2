// Replaced by the first source of this library.
#include "xrouter/samples/sample.hpp"
