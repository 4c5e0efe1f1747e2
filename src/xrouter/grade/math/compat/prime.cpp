#include "xrouter/grade/math/compat/prime.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "xrouter/grade/math/compat/text.hpp"
#include "xrouter/grade/math/exact.hpp"
#include "xrouter/grade/math/parse.hpp"

namespace xrouter::grade::math::compat {
namespace {

constexpr double kTolerance = 1e-4;
constexpr std::size_t kMaxPrediction = 1'000;
constexpr int kMaxSteps = 2'000;  // of the recursion; the original has none
constexpr int kMaxDepth = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// \d+(\.\d+)? at the start; its length.
std::size_t number_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && is_digit(text[at])) ++at;
  if (at == 0 || at + 1 >= text.size() || text[at] != '.' || !is_digit(text[at + 1])) return at;
  ++at;
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

// "1*3.14" and the like, that the original hands to eval(). Here: arithmetic only.
std::optional<double> arithmetic(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789.+-*/() ") != std::string_view::npos || text.size() > 200) return std::nullopt;
  const auto node = parse(text, Commas::separators);
  const auto value = node ? rational_value(*node) : tl::unexpected(Fault::other_kind);
  if (!value) return std::nullopt;
  arf_t rounded;
  arf_init(rounded);
  arf_set_fmpq(rounded, value->get(), 53, ARF_RND_NEAR);
  const double result = arf_get_d(rounded, ARF_RND_NEAR);
  arf_clear(rounded);
  return result;
}

struct Side {
  std::string text = {};
  bool raises = false;
};

Side with_pi(std::string text, std::string_view pi) {
  if (text.find("\\pi") == std::string::npos) return {.text = std::move(text)};
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text.compare(at, 3, "\\pi") != 0) {
      out += text[at++];
      continue;
    }
    out += !out.empty() && is_digit(out.back()) ? "*" : "1*";
    out += pi;
    at += 3;
  }
  const auto value = arithmetic(out);
  return {.text = value ? fmt::format("{}", *value) : out};
}

// The original's normalize(): money, percent, then "1112_3" loses its base, then pi.
Side normalized(std::string_view text, std::string_view pi) {
  if (text.size() > 1 && text[0] == '$' && number_prefix(text.substr(1)) > 0) return {.text = std::string(text.substr(1))};
  const std::string_view mark = text.substr(number_prefix(text));
  if (number_prefix(text) > 0 && (mark == "%" || mark == "\\%")) return {.text = std::string(text.substr(0, number_prefix(text)))};
  if (const std::size_t base = text.find('_'); base != std::string_view::npos) {
    const auto digits = to_float(text.substr(0, base));
    if (!digits || !std::isfinite(*digits)) return {.raises = true};
    return {.text = fmt::format("{:.0f}", std::trunc(*digits))};
  }
  if (pi.empty()) return {.text = std::string(text)};
  return with_pi(std::string(text), pi);
}

std::optional<double> number_of(const std::string& text) {
  return to_float(replaced(text, text.find("{,}") != std::string::npos ? "{,}" : ",", ""));
}

std::string with_interval_brackets(const std::string& text) {
  struct Form {
    std::string_view head, open, close;
  };
  for (const Form& form : {Form{"Interval(", "[", "]"}, Form{"Interval.Ropen(", "[", ")"}, Form{"Interval.Lopen(", "(", "]"},
                           Form{"Interval.open(", "(", ")"}}) {
    if (!text.starts_with(form.head) || !text.ends_with(')')) continue;
    return std::string(form.open) + text.substr(form.head.size(), text.size() - form.head.size() - 1) + std::string(form.close);
  }
  return text;
}

class Comparison {
 public:
  explicit Comparison(std::string_view pi) : pi_(pi) {}

  Equal compare(std::string_view raw_prediction, std::string_view raw_reference, int depth = 0) {
    if (++steps_ > kMaxSteps || depth > kMaxDepth) return Equal::no;
    Side prediction = normalized(raw_prediction, pi_);
    const Side reference = normalized(raw_reference, pi_);
    if (prediction.raises || reference.raises) return Equal::raises;
    if (prediction.text.size() > kMaxPrediction) prediction.text.resize(kMaxPrediction);
    if (lower(stripped(prediction.text)) == lower(stripped(reference.text))) return Equal::yes;
    if (replaced(prediction.text, " ", "") == replaced(reference.text, " ", "")) return Equal::yes;
    const auto given = number_of(prediction.text);
    const auto key = number_of(reference.text);
    if (given && key)
      return is_close(*key / 100, *given, kTolerance) || is_close(*key, *given, kTolerance) || is_close(*key * 100, *given, kTolerance)
                 ? Equal::yes
                 : Equal::no;
    if (prediction.text.empty()) return Equal::no;
    return compare_lists(with_interval_brackets(stripped(prediction.text)), stripped(reference.text), depth);
  }

 private:
  Equal compare_lists(const std::string& prediction, const std::string& reference, int depth) {
    if (same_without_brackets(prediction, reference)) return Equal::yes;
    const auto enclosed = [](const std::string& text) {
      return !text.empty() && (text.front() == '(' || text.front() == '[') && (text.back() == ')' || text.back() == ']');
    };
    if (enclosed(prediction) && !reference.empty() && prediction.front() == reference.front() && prediction.back() == reference.back()) {
      const Equal inner = compare_items(inside(prediction), inside(reference), depth);
      if (inner != Equal::no) return inner;
    }
    if (prediction.find(',') != std::string::npos && reference.find(',') != std::string::npos) {
      const auto count = [](const std::string& text) { return std::ranges::count(text, ','); };
      if (count(prediction) == count(reference)) return compare_items(prediction, reference, depth);
    }
    if (!prediction.starts_with("Point")) return Equal::no;
    if (reference.empty()) return Equal::raises;
    if (reference.front() != '(' || reference.back() != ')') return Equal::no;
    const std::size_t open = prediction.find('(');
    const std::size_t begin = open == std::string::npos ? 0 : open + 1;
    if (begin >= prediction.size()) return Equal::no;
    return compare_items(prediction.substr(begin, prediction.size() - begin - 1), inside(reference), depth);
  }

  static std::string inside(const std::string& text) { return text.size() < 2 ? std::string() : text.substr(1, text.size() - 2); }

  static bool same_without_brackets(const std::string& prediction, const std::string& reference) {
    std::string_view given = prediction;
    std::string_view key = reference;
    const bool square = given.starts_with('[') && given.ends_with(']') && !key.starts_with('(');
    const bool round = given.starts_with('(') && given.ends_with(')') && !key.starts_with('[');
    if (square || round) {
      given = stripped_of(given, "[]()");
      key = stripped_of(key, "[]()");
    }
    const auto plain = [](std::string_view text) {
      std::string out;
      std::ranges::copy_if(text, std::back_inserter(out), [](char c) { return c != '{' && c != '}' && c != '(' && c != ')'; });
      return out;
    };
    return plain(given) == plain(key);
  }

  Equal compare_items(const std::string& prediction, const std::string& reference, int depth) {
    const auto given = split(prediction, ",");
    const auto key = split(reference, ",");
    if (given.size() != key.size()) return Equal::no;
    for (std::size_t i = 0; i < given.size(); ++i) {
      const Equal item = compare(stripped(given[i]), stripped(key[i]), depth + 1);
      if (item != Equal::yes) return item;
    }
    return Equal::yes;
  }

  std::string_view pi_;
  int steps_ = 0;
};

}  // namespace

Equal math_equal(std::string_view prediction, std::string_view reference) { return Comparison("").compare(prediction, reference); }

Equal math_equal_with_pi(std::string_view prediction, std::string_view reference) {
  bool equal = false;
  for (const char* pi : {"3.141592653589793", "3.14"}) {
    const Equal one = Comparison(pi).compare(prediction, reference);
    if (one == Equal::raises) return one;
    equal = equal || one == Equal::yes;
  }
  return equal ? Equal::yes : Equal::no;
}

std::string match_answer(std::string_view reply) {
  std::string text(reply);
  const auto last_of = [&](std::string_view mark) { return lower(text).rfind(mark); };
  for (const std::string_view mark : {"answer:", "answer is", "answers are"}) {
    if (const std::size_t at = last_of(mark); at != std::string::npos) text = stripped(text.substr(at + mark.size()));
  }
  for (const std::string_view mark : {"is answer", "is the answer", "are answers", "are the answers"}) {
    if (const std::size_t at = last_of(mark); at != std::string::npos) text = stripped(text.substr(0, at));
  }
  if (const auto box = last_box(text); box && !box->empty()) text = *box;
  if (const std::size_t dot = text.rfind(". "); dot != std::string::npos) text = stripped(text.substr(0, dot));
  for (const std::string_view mark : {"be ", "is ", "are ", "=", ": ", "get ", "be\n", "is\n", "are\n", ":\n", "get\n"}) {
    if (const std::size_t at = last_of(mark); at != std::string::npos) text = stripped(text.substr(at + mark.size()));
  }
  return text;
}

}  // namespace xrouter::grade::math::compat
