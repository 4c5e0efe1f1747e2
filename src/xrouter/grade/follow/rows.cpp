#include "xrouter/grade/registry.hpp"

namespace xrouter::grade {

std::vector<RegistryRow> follow_rows() { return {}; }

}  // namespace xrouter::grade
