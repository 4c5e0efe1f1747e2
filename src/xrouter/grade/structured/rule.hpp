// Two functions make a grader: one that checks a ground truth, one that judges a reply against it.
#pragma once

#include <memory>

#include "xrouter/grade/grader.hpp"

namespace xrouter::grade::structured {

struct Rule {
  std::string_view name;
  int version = 1;
  /// Errors: ErrorKind::config saying what is wrong.
  Result<void> (*validate)(const Value& truth) = nullptr;
  /// Only with a truth that `validate` accepts; the reply has lost its thinking.
  GradeResult (*grade)(std::string_view reply, const Value& truth, const Dialect& dialect) = nullptr;
};

/// `strict` judges what is left after the dialect's thinking policy. `seed` takes its place under
/// bug_compat and gets the whole reply; without one the seed raised NotImplementedError.
std::unique_ptr<Grader> make_rule_grader(const Dialect& dialect, const Rule& strict, const Rule* seed);

/// What the seed's graders do when they raise: no score.
GradeResult seed_raised(std::string_view exception);

/// Any truth will do: what the seed makes of a bad one is part of its behaviour.
Result<void> accept_any(const Value& truth);

}  // namespace xrouter::grade::structured
