#include "xrouter/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace xrouter {

void assertion_failed(const char* condition, const char* why, const char* file, int line) noexcept {
  std::fprintf(stderr, "%s:%d: broken invariant: %s (%s)\n", file, line, condition, why);
  std::abort();
}

}  // namespace xrouter
