#include "xrouter/eval/record.hpp"
#include "xrouter/eval/run_data.hpp"
#include "xrouter/eval/summary.hpp"
