// A key and an answer, parted by a zero byte: no crash, no abort inside the algebra library, and a key
// always equals itself.
#include <cstdint>
#include <string_view>

#include "xrouter/base/assert.hpp"
#include "xrouter/grade/math/compat/graders.hpp"
#include "xrouter/grade/math/decide.hpp"
#include "xrouter/grade/math/strict_grader.hpp"

using namespace xrouter;
using namespace xrouter::grade;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = bytes.find('\0');
  const std::string_view key = bytes.substr(0, cut);
  const std::string_view answer = cut == std::string_view::npos ? "7" : bytes.substr(cut + 1);
  const Dialect dialect = strict();
  math::decide(key, answer, dialect);
  math::decide("7", answer, dialect);
  const math::Verdict self = math::decide(key, key, dialect).verdict;
  XROUTER_ASSERT(self == math::Verdict::equal || self == math::Verdict::too_big, "a key equals itself");

  GradeContext context;
  const Value gold(key);
  const Value extra;
  const GradeRequest request{.data_source = "math", .response = answer, .ground_truth = gold, .extra = extra};
  math::make_strict(dialect, math::Answers::json_field)->grade(request, context);
  for (const auto rule :
       {math::compat::Rule::naive_dapo, math::compat::Rule::hendrycks, math::compat::Rule::math_dapo, math::compat::Rule::prime_math,
        math::compat::Rule::gsm8k, math::compat::Rule::geo3k, math::compat::Rule::search_r1}) {
    math::compat::make(rule, xrouter_compat())->grade(request, context);
  }
  return 0;
}
