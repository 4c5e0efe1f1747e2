#include "xrouter/grade/structured/rule.hpp"

#include "xrouter/grade/extract/extract.hpp"

namespace xrouter::grade::structured {
namespace {

class RuleGrader final : public Grader {
 public:
  RuleGrader(const Dialect& dialect, const Rule& rule) : dialect_(dialect), rule_(rule) {}

  GraderInfo info() const override { return {.id = {.name = std::string(rule_.name), .version = rule_.version, .dialect = hash_of(dialect_)}}; }

  Result<void> validate(const Value& ground_truth, const Value&) const override { return rule_.validate(ground_truth); }

  GradeResult do_grade(const GradeRequest& request, GradeContext&) const override {
    if (const auto valid = rule_.validate(request.ground_truth); !valid) return ungraded(GradeStatus::target_error, valid.error().public_text);
    const auto reply = dialect_.bug_compat ? request.response : extract::without_thinking(request.response, dialect_.think);
    if (!reply) return ungraded(GradeStatus::no_answer, "the thinking never ends");
    return rule_.grade(*reply, request.ground_truth, dialect_);
  }

 private:
  Dialect dialect_;
  Rule rule_;
};

GradeResult not_implemented(std::string_view, const Value&, const Dialect&) { return seed_raised("NotImplementedError"); }

constexpr Rule kNotImplemented{.name = "seed_not_implemented", .validate = accept_any, .grade = not_implemented};

}  // namespace

Result<void> accept_any(const Value&) { return {}; }

GradeResult seed_raised(std::string_view exception) { return ungraded(GradeStatus::unsupported, "the seed raises " + std::string(exception)); }

std::unique_ptr<Grader> make_rule_grader(const Dialect& dialect, const Rule& strict, const Rule* seed) {
  if (!dialect.bug_compat) return std::make_unique<RuleGrader>(dialect, strict);
  return std::make_unique<RuleGrader>(dialect, seed ? *seed : kNotImplemented);
}

}  // namespace xrouter::grade::structured
