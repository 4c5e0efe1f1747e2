// What the seed calls "math*": the grader that a question's own reward_metric names.
#pragma once

#include <functional>
#include <memory>

#include "xrouter/grade/grader.hpp"

namespace xrouter::grade::math {

/// A judge's opinion on an answer that the rule calls wrong. Called only for reward_metric
/// "math_llm_judge", with the answer that the rule looked at. Thread-safe.
using SecondOpinion = std::function<GradeResult(const GradeRequest& request, const std::string& answer, GradeContext& context)>;

/// By extra.reward_metric: "prime_math", "math_llm_judge" or, without or with another one, the default
/// rule. Without an opinion to ask, an answer that the rule of "math_llm_judge" calls wrong is `unsupported`.
std::unique_ptr<Grader> make_math(const Dialect& dialect, SecondOpinion opinion = {});

}  // namespace xrouter::grade::math
