#include "xrouter/grade/registry.hpp"

namespace xrouter::grade {

std::vector<RegistryRow> code_rows() { return {}; }

}  // namespace xrouter::grade
