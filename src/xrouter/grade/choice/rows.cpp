#include "xrouter/grade/registry.hpp"

namespace xrouter::grade {

std::vector<RegistryRow> choice_rows() { return {}; }

}  // namespace xrouter::grade
