#include "xrouter/grade/registry.hpp"

namespace xrouter::grade {

std::vector<RegistryRow> structured_rows() { return {}; }

}  // namespace xrouter::grade
