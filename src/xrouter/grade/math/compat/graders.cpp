#include "xrouter/grade/math/compat/graders.hpp"

#include <algorithm>
#include <optional>

#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/math/compat/hendrycks.hpp"
#include "xrouter/grade/math/compat/minerva.hpp"
#include "xrouter/grade/math/compat/prime.hpp"
#include "xrouter/grade/math/compat/prm800k.hpp"
#include "xrouter/grade/math/compat/search.hpp"
#include "xrouter/grade/math/compat/text.hpp"
#include "xrouter/grade/math/keys.hpp"

namespace xrouter::grade::math::compat {
namespace {

constexpr int kVersion = 1;
constexpr std::size_t kMaxAnswerBytes = 100'000;  // the original has no limit; its answers are far below

struct Outcome {
  double score = 0;
  std::string extracted = {};
};

bool mentions_pi(std::string_view a, std::string_view b) {
  return a.find("\\pi") != std::string_view::npos || b.find("\\pi") != std::string_view::npos;
}

Outcome naive_dapo(std::string_view reply, const std::string& key) {
  const std::size_t thought = reply.rfind("</think>");
  const std::string_view rest = thought == std::string_view::npos ? reply : reply.substr(thought + 8);
  const auto box = last_box(rest);
  const std::string answer = box && !box->empty() ? *box : std::string(rest);
  if (answer.size() > kMaxAnswerBytes) return {};
  if (grade_answer(answer, key)) return {.score = 1, .extracted = answer};
  // The branch for pi misspells a keyword and always raises.
  const bool equal = !mentions_pi(answer, key) && math_equal(answer, key) == Equal::yes;
  return {.score = equal ? 1.0 : 0.0, .extracted = answer};
}

Outcome prime_math(std::string_view reply, const std::string& key) {
  if (reply.size() > 10 * kMaxAnswerBytes) return {};
  const std::string answer = match_answer(reply);
  if (answer.size() > kMaxAnswerBytes) return {};
  if (grade_answer(answer, key)) return {.score = 1, .extracted = answer};
  const Equal equal = mentions_pi(answer, key) ? math_equal_with_pi(answer, key) : math_equal(answer, key);
  return {.score = equal == Equal::yes ? 1.0 : 0.0, .extracted = answer};
}

// The last box, or "\boxed x" up to a dollar sign. \fbox makes the original raise, which scores 0.
std::optional<std::string> hendrycks_answer(std::string_view reply) {
  constexpr std::string_view kOpen = "\\boxed ";
  if (const std::size_t at = reply.rfind(kOpen); at != std::string_view::npos) {
    const std::string_view rest = reply.substr(at + kOpen.size());
    return std::string(rest.substr(0, rest.find('$')));
  }
  const std::size_t at = reply.rfind("\\boxed");
  if (at == std::string_view::npos || !reply.substr(at).starts_with("\\boxed{")) return std::nullopt;
  int depth = 0;
  for (std::size_t i = at; i < reply.size(); ++i) {
    if (reply[i] == '{') ++depth;
    if (reply[i] == '}' && --depth == 0) return std::string(reply.substr(at + 7, i - at - 7));
  }
  return std::nullopt;
}

Outcome hendrycks(std::string_view reply, const std::string& key) {
  const auto answer = hendrycks_answer(reply);
  if (!answer) return {};
  const auto left = strip_string(*answer);
  const auto right = strip_string(key);
  const bool equal = left && right ? *left == *right : *answer == key;
  return {.score = equal ? 1.0 : 0.0, .extracted = *answer};
}

Outcome math_dapo(std::string_view reply, const std::string& key) {
  std::string answer = minerva_answer(reply);
  const bool equal = answer == minerva_normalized(key);
  return {.score = equal ? 1.0 : 0.0, .extracted = std::move(answer)};
}

// The first "#### " that a number follows.
Outcome gsm8k(std::string_view reply, const std::string& key) {
  constexpr std::string_view kMark = "#### ";
  constexpr std::string_view kNumber = "0123456789.,";
  for (std::size_t at = 0; (at = reply.find(kMark, at)) != std::string_view::npos; ++at) {
    const std::size_t begin = at + kMark.size();
    const std::size_t digits = begin + (begin < reply.size() && reply[begin] == '-' ? 1 : 0);
    const std::size_t end = std::min(reply.find_first_not_of(kNumber, digits), reply.size());
    if (end <= digits) continue;
    std::string answer = replaced(reply.substr(begin, end - begin), ",", "");
    const bool equal = answer == key;
    return {.score = equal ? 1.0 : 0.0, .extracted = std::move(answer)};
  }
  return {};
}

// <think>.*</think>.*\boxed{.*}.* over the whole reply
bool has_geo3k_format(std::string_view reply) {
  if (!reply.starts_with("<think>")) return false;
  const std::size_t thought = reply.find("</think>", 7);
  const std::size_t box = thought == std::string_view::npos ? thought : reply.find("\\boxed{", thought + 8);
  return box != std::string_view::npos && reply.find('}', box + 7) != std::string_view::npos;
}

Outcome geo3k(std::string_view reply, const std::string& key) {
  const std::string answer = last_box(reply).value_or("None");
  const bool right = answer.size() <= kMaxAnswerBytes && grade_answer(answer, key);
  return {.score = (right ? 0.9 : 0.0) + (has_geo3k_format(reply) ? 0.1 : 0.0), .extracted = answer};
}

std::string_view name_of(Rule rule) {
  switch (rule) {
    case Rule::naive_dapo:
      return "naive_dapo";
    case Rule::hendrycks:
      return "hendrycks_math";
    case Rule::math_dapo:
      return "math_dapo";
    case Rule::prime_math:
      return "prime_math";
    case Rule::gsm8k:
      return "gsm8k";
    case Rule::geo3k:
      return "geo3k";
    case Rule::search_r1:
      return "search_r1";
  }
  return "";
}

class CompatGrader final : public Grader {
 public:
  CompatGrader(Rule rule, const Dialect& dialect) : rule_(rule), dialect_(dialect) {}

  GraderInfo info() const override {
    return {.id = {.name = std::string(name_of(rule_)), .version = kVersion, .dialect = hash_of(dialect_)}};
  }

  Result<void> validate(const Value& ground_truth, const Value&) const override {
    if (keys_of(ground_truth).empty())
      return fail(ErrorKind::config, "the ground truth of a mathematics question is a text, a number or a list of these");
    return {};
  }

  GradeResult do_grade(const GradeRequest& request, GradeContext&) const override {
    return verdict(request);
  }

 private:
  GradeResult verdict(const GradeRequest& request) const {
    const auto keys = keys_of(request.ground_truth);
    if (keys.empty()) return ungraded(GradeStatus::target_error, "the ground truth is neither text nor number");
    if (rule_ == Rule::search_r1) return grade_search(request.response, keys, dialect_);
    // One key: of a list, the seed's data sets keep the first.
    Outcome outcome = apply(request.response, keys[0]);
    return graded_share(outcome.score, outcome.score >= (rule_ == Rule::geo3k ? 0.9 : 1.0), std::move(outcome.extracted));
  }

  Outcome apply(std::string_view reply, const std::string& key) const {
    switch (rule_) {
      case Rule::hendrycks:
        return hendrycks(reply, key);
      case Rule::math_dapo:
        return math_dapo(reply, key);
      case Rule::prime_math:
        return prime_math(reply, key);
      case Rule::gsm8k:
        return gsm8k(reply, key);
      case Rule::geo3k:
        return geo3k(reply, key);
      default:
        return naive_dapo(reply, key);
    }
  }

  Rule rule_;
  Dialect dialect_;
};

}  // namespace

std::unique_ptr<Grader> make(Rule rule, const Dialect& dialect) { return std::make_unique<CompatGrader>(rule, dialect); }

}  // namespace xrouter::grade::math::compat
