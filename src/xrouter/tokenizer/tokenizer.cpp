#include "xrouter/tokenizer/tokenizer.hpp"
