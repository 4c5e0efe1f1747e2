#include "xrouter/grade/math/math_grader.hpp"

#include "xrouter/grade/math/compat/graders.hpp"
#include "xrouter/grade/math/strict_grader.hpp"

namespace xrouter::grade::math {
namespace {

std::string_view metric_of(const Value& extra) {
  const Value* metric = extra.find("reward_metric");
  return metric && metric->if_string() ? std::string_view(*metric->if_string()) : std::string_view{};
}

class MathGrader final : public Grader {
 public:
  MathGrader(const Dialect& dialect, SecondOpinion opinion)
      : rule_(dialect.bug_compat ? compat::make(compat::Rule::naive_dapo, dialect) : make_strict(dialect, Answers::anywhere)),
        prime_(dialect.bug_compat ? compat::make(compat::Rule::prime_math, dialect) : make_strict(dialect, Answers::anywhere)),
        opinion_(std::move(opinion)) {}

  GraderInfo info() const override { return rule_->info(); }
  Result<void> validate(const Value& ground_truth, const Value& extra) const override { return rule_->validate(ground_truth, extra); }

  GradeResult do_grade(const GradeRequest& request, GradeContext& context) const override {
    const std::string_view metric = metric_of(request.extra);
    if (metric == "prime_math") return prime_->grade(request, context);
    GradeResult result = rule_->grade(request, context);
    if (metric != "math_llm_judge" || result.correct || !is_scored(result.status) || result.extracted.empty()) return result;
    const GraderId rule = result.grader;
    result = opinion_ ? opinion_(request, result.extracted, context)
                      : ungraded(GradeStatus::unsupported, "no judge model is configured", result.extracted);
    if (result.grader.name.empty()) result.grader = rule;
    return result;
  }

 private:
  std::unique_ptr<Grader> rule_;
  std::unique_ptr<Grader> prime_;
  SecondOpinion opinion_;
};

}  // namespace

std::unique_ptr<Grader> make_math(const Dialect& dialect, SecondOpinion opinion) {
  return std::make_unique<MathGrader>(dialect, std::move(opinion));
}

}  // namespace xrouter::grade::math
