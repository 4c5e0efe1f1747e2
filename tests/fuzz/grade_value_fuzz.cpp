// What a parser accepts must be read back from what the writer makes of it.
#include <cstdint>

#include "xrouter/base/assert.hpp"
#include "xrouter/grade/value/compare.hpp"
#include "xrouter/grade/value/value.hpp"

using namespace xrouter::grade;

namespace {

constexpr ValueLimits kLimits{.max_bytes = 1 << 20, .max_depth = 32, .max_nodes = 10'000};

// The writers may say more than was said: \x00 is longer than the byte that it stands for.
constexpr ValueLimits kBackLimits{.max_bytes = 1 << 24, .max_depth = 32, .max_nodes = 10'000};

bool holds_special_float(const std::string& repr) { return repr.find("inf") != std::string::npos || repr.find("nan") != std::string::npos; }

void check_json(std::string_view text) {
  const auto value = parse_json(text, kLimits);
  if (!value) return;
  const auto back = parse_json(to_json(*value), kBackLimits);
  XROUTER_ASSERT(back.has_value() && *back == *value, "JSON is read back as it was");
  XROUTER_ASSERT(equal(*value, *back), "a value equals itself");
}

void check_python(std::string_view text) {
  const auto value = parse_python(text, kLimits);
  if (!value) return;
  const std::string repr = to_python(*value);
  if (holds_special_float(repr)) return;
  const auto back = parse_python(repr, kBackLimits);
  XROUTER_ASSERT(back.has_value() && python_equal(*back, *value), "a literal is read back as it was");
  XROUTER_ASSERT(python_key(*back) == python_key(*value), "equal values share a key");
  to_json(*value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_json(text);
  check_python(text);
  return 0;
}
