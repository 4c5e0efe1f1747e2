// How strict a grader is: data, hashed into every grade.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace xrouter::grade {

enum class ThinkPolicy {
  after_last,   ///< the text after the last </think>; an open <think> without end is no answer
  after_first,  ///< what some graders of the seed do
  keep,         ///< the whole text
};

struct Dialect {
  std::string name = "strict";  ///< "strict", "xrouter_compat", or a data set's own
  bool bug_compat = false;      ///< reproduce the seed's graders, bugs included; the rest is then ignored
  ThinkPolicy think = ThinkPolicy::after_last;
  bool strict_box = false;           ///< mathematics: only a boxed answer counts
  bool order_matters = false;        ///< lists of answers without brackets
  bool allow_equation_unwrap = true; ///< "x = 5" answers 5
  bool percent_x100 = false;         ///< 50 answers 50 % and 0.5
  bool trust_in_process = false;     ///< code: grade tests that must share the candidate's interpreter, where it can cheat
  int significant_digits = 6;        ///< a decimal answer to an exact key must show so many, see math/README
  std::optional<double> abs_tol = {};  ///< of a data set that states its precision
  std::optional<double> rel_tol = {};
  bool operator==(const Dialect&) const = default;
};

/// "strict" (the default); "trusting", which is strict but with trust_in_process; and "xrouter_compat".
Dialect strict();
Dialect trusting();
Dialect xrouter_compat();
/// For help and error texts.
inline constexpr std::string_view kDialectNames = "strict, trusting or xrouter_compat";
std::optional<Dialect> dialect_of(std::string_view name);

/// Of every field but the name: FNV-1a over a canonical text, stable across builds and machines.
std::uint64_t hash_of(const Dialect& dialect);

}  // namespace xrouter::grade
