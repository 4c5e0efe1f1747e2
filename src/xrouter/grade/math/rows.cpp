#include "xrouter/grade/judge/judge.hpp"
#include "xrouter/grade/math/compat/graders.hpp"
#include "xrouter/grade/math/math_grader.hpp"
#include "xrouter/grade/math/strict_grader.hpp"
#include "xrouter/grade/registry.hpp"

namespace xrouter::grade {
namespace {

using math::Answers;
using math::compat::Rule;

// A rule of the seed under its dialect, the strict rule otherwise.
RegistryRow row(std::string key, Match match, Rule rule, Answers answers, std::string about) {
  const auto make = [rule, answers](const Dialect& dialect, std::string_view) {
    return dialect.bug_compat ? math::compat::make(rule, dialect) : math::make_strict(dialect, answers);
  };
  return {.key = std::move(key), .match = match, .make = make, .about = std::move(about)};
}

GradeResult judges_opinion(const GradeRequest& request, const std::string& answer, GradeContext& context) {
  const Value* question = request.extra.find("question");
  const std::string* gold = request.ground_truth.if_string();
  const std::string asked = question && question->if_string() ? *question->if_string() : "(not given)";
  return ask_judge(asked, gold ? *gold : to_json(request.ground_truth), answer, context);
}

RegistryRow by_metric(std::string key) {
  const auto make = [](const Dialect& dialect, std::string_view) { return math::make_math(dialect, judges_opinion); };
  return {.key = std::move(key),
          .match = Match::prefix,
          .make = make,
          .about = "mathematics: final answer in a box; extra.reward_metric chooses"};
}

}  // namespace

std::vector<RegistryRow> math_rows() {
  std::vector<RegistryRow> rows;
  // The seed's first rule takes every name that starts with "math", "math_dapo" included.
  rows.push_back(by_metric("math"));
  rows.push_back(by_metric("nvidia/OpenScience"));
  rows.push_back(row("openai/gsm8k", Match::exact, Rule::gsm8k, Answers::hashes, "GSM8K: a number after ####"));
  rows.push_back(row("gsm8k", Match::exact, Rule::gsm8k, Answers::hashes, "GSM8K: a number after ####"));
  for (const char* key : {"lighteval/MATH", "DigitalLearningGmbH/MATH-lighteval"}) {
    rows.push_back(row(key, Match::exact, Rule::hendrycks, Answers::anywhere, "MATH: final answer in a box"));
  }
  rows.push_back(row("aime", Match::prefix, Rule::math_dapo, Answers::anywhere, "AIME: Answer: and a whole number"));
  for (const char* key :
       {"numina_aops_forum", "numina_synthetic_math", "numina_amc_aime", "numina_synthetic_amc", "numina_cn_k12", "numina_olympiads"}) {
    rows.push_back(row(key, Match::exact, Rule::prime_math, Answers::anywhere, "NuminaMath: final answer"));
  }
  rows.push_back(row("hiyouga/geometry3k", Match::exact, Rule::geo3k, Answers::anywhere, "Geometry3K: final answer in a box"));
  for (const char* key : {"searchR1_nq", "searchR1_triviaqa", "searchR1_popqa", "searchR1_hotpotqa", "searchR1_2wikimultihopqa",
                          "searchR1_musique", "searchR1_bamboogle"}) {
    const auto make = [](const Dialect& dialect, std::string_view) { return math::compat::make(Rule::search_r1, dialect); };
    rows.push_back({.key = key, .match = Match::exact, .make = make, .about = "open questions: exact match of the tagged answer"});
  }
  // Benchmarks under their own names, and the graders that recorded corpora name.
  for (const char* key : {"amc", "minerva", "olympiad"}) {
    rows.push_back(row(key, Match::prefix, Rule::naive_dapo, Answers::anywhere, "mathematics: final answer in a box"));
  }
  rows.push_back(
      row("numeric", Match::exact, Rule::naive_dapo, Answers::json_field, "recorded corpora: a number in the JSON field answer"));
  rows.push_back(
      row("math_expr", Match::exact, Rule::naive_dapo, Answers::json_field, "recorded corpora: an expression in the JSON field answer"));
  return rows;
}

}  // namespace xrouter::grade
