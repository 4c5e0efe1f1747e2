#include "xrouter/grade/structured/python_arithmetic.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "xrouter/grade/extract/scan.hpp"
#include "xrouter/grade/value/python_scalars.hpp"

namespace xrouter::grade::structured {
namespace {

constexpr std::size_t kMaxBytes = 4096;
constexpr int kMaxDepth = 32;
constexpr double kMaxExact = 9007199254740992.0;

// A number with Python's type, or a list of them.
struct Term {
  double number = 0;
  bool integer = true;
  bool is_list = false;
  std::vector<double> items = {};
};

// Python's operators by binding strength; ** and the signs are apart, because they bind the other way.
struct Operator {
  std::string_view sign;
  int strength;
};
constexpr Operator kOperators[] = {{"//", 5}, {"<<", 3}, {">>", 3}, {"|", 0}, {"^", 1}, {"&", 2}, {"+", 4}, {"-", 4}, {"*", 5}, {"/", 5}, {"%", 5}};

std::optional<Term> integer_operation(std::string_view sign, double a, double b) {
  if (std::abs(a) > kMaxExact || std::abs(b) > kMaxExact) return std::nullopt;
  const auto x = static_cast<std::int64_t>(a);
  const auto y = static_cast<std::int64_t>(b);
  if (sign == "|") return Term{.number = static_cast<double>(x | y)};
  if (sign == "&") return Term{.number = static_cast<double>(x & y)};
  if (sign == "^") return Term{.number = static_cast<double>(x ^ y)};
  if (y < 0 || y > 1000) return std::nullopt;
  return Term{.number = sign == "<<" ? std::ldexp(a, static_cast<int>(y)) : std::floor(std::ldexp(a, -static_cast<int>(y)))};
}

std::optional<Term> operation(std::string_view sign, const Term& a, const Term& b) {
  if (a.is_list || b.is_list) return std::nullopt;
  const bool integer = a.integer && b.integer;
  if (sign == "|" || sign == "&" || sign == "^" || sign == "<<" || sign == ">>") {
    return integer ? integer_operation(sign, a.number, b.number) : std::nullopt;
  }
  if (sign == "+") return Term{.number = a.number + b.number, .integer = integer};
  if (sign == "-") return Term{.number = a.number - b.number, .integer = integer};
  if (sign == "*") return Term{.number = a.number * b.number, .integer = integer};
  if (b.number == 0) return std::nullopt;  // ZeroDivisionError
  if (sign == "/") return Term{.number = a.number / b.number, .integer = false};
  const double quotient = std::floor(a.number / b.number);
  return Term{.number = sign == "//" ? quotient : a.number - quotient * b.number, .integer = integer};
}

std::optional<Term> power(const Term& base, const Term& exponent) {
  if (base.is_list || exponent.is_list || (base.number == 0 && exponent.number < 0)) return std::nullopt;
  if (base.number < 0 && exponent.number != std::trunc(exponent.number)) return std::nullopt;  // complex
  return Term{.number = std::pow(base.number, exponent.number), .integer = base.integer && exponent.integer && exponent.number >= 0};
}

class Evaluator {
 public:
  explicit Evaluator(std::string_view text) : text_(text) {}

  std::optional<double> run() {
    const auto term = binary(0);
    skip();
    if (!term || term->is_list || at_ != text_.size() || !std::isfinite(term->number)) return std::nullopt;
    return term->number;
  }

 private:
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || (depth_ > 0 && extract::is_blank(text_[at_])))) ++at_;
  }
  bool take(std::string_view sign) {
    skip();
    if (!text_.substr(at_).starts_with(sign)) return false;
    at_ += sign.size();
    return true;
  }

  const Operator* next_operator(int strength) {
    skip();
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("**")) return nullptr;
    for (const Operator& candidate : kOperators) {
      if (rest.starts_with(candidate.sign)) return candidate.strength >= strength ? &candidate : nullptr;
    }
    return nullptr;
  }

  std::optional<Term> binary(int strength) {
    if (++depth_ > kMaxDepth) return std::nullopt;
    auto left = signed_term();
    for (const Operator* next = left ? next_operator(strength) : nullptr; next; next = left ? next_operator(strength) : nullptr) {
      at_ += next->sign.size();
      const auto right = binary(next->strength + 1);
      left = right ? operation(next->sign, *left, *right) : std::nullopt;
    }
    --depth_;
    return left;
  }

  std::optional<Term> signed_term() {
    if (++depth_ > kMaxDepth) return std::nullopt;
    auto term = take("-") ? negative(signed_term()) : take("+") ? signed_term() : take("~") ? inverted(signed_term()) : raised();
    --depth_;
    return term;
  }
  static std::optional<Term> negative(std::optional<Term> term) {
    if (!term || term->is_list) return std::nullopt;
    term->number = -term->number;
    return term;
  }
  static std::optional<Term> inverted(std::optional<Term> term) {
    if (!term || term->is_list || !term->integer) return std::nullopt;
    term->number = -term->number - 1;
    return term;
  }

  std::optional<Term> raised() {
    auto base = atom();
    if (!base || !take("**")) return base;
    const auto exponent = signed_term();
    return exponent ? power(*base, *exponent) : std::nullopt;
  }

  std::optional<Term> atom() {
    skip();
    if (at_ >= text_.size()) return std::nullopt;
    if (take("(")) {
      auto inner = binary(0);
      return take(")") ? inner : std::nullopt;
    }
    if (take("[")) return list("]");
    if (const std::string_view word = python_word(text_.substr(at_)); !word.empty()) return call(word);
    if (text_[at_] == '-' || text_[at_] == '+') return std::nullopt;
    const auto number = read_python_number(text_, at_);
    if (!number) return std::nullopt;
    return Term{.number = number->to_double(), .integer = number->is_integer()};
  }

  std::optional<Term> list(std::string_view close) {
    Term out{.is_list = true};
    while (!take(close)) {
      const auto item = binary(0);
      if (!item || item->is_list) return std::nullopt;
      out.items.push_back(item->number);
      out.integer = out.integer && item->integer;
      if (take(",")) continue;
      if (!take(close)) return std::nullopt;
      break;
    }
    return out;
  }

  std::optional<Term> call(std::string_view name) {
    at_ += name.size();
    if (!take("(")) return std::nullopt;
    if (++depth_ > kMaxDepth) return std::nullopt;
    const auto argument = binary(0);
    --depth_;
    if (!argument || !take(")")) return std::nullopt;
    return argument->is_list ? of_list(name, *argument) : of_number(name, *argument);
  }

  static std::optional<Term> of_list(std::string_view name, const Term& list) {
    if (name == "len") return Term{.number = static_cast<double>(list.items.size())};
    if (name == "sum") return Term{.number = std::accumulate(list.items.begin(), list.items.end(), 0.0), .integer = list.integer};
    if (list.items.empty() || (name != "min" && name != "max")) return std::nullopt;
    return Term{.number = name == "min" ? *std::ranges::min_element(list.items) : *std::ranges::max_element(list.items), .integer = list.integer};
  }

  static std::optional<Term> of_number(std::string_view name, const Term& term) {
    if (name == "abs") return Term{.number = std::abs(term.number), .integer = term.integer};
    if (name == "round") return Term{.number = std::nearbyint(term.number)};
    if (name == "int") return Term{.number = std::trunc(term.number)};
    if (name == "float") return Term{.number = term.number, .integer = false};
    return std::nullopt;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

std::optional<double> evaluated(std::string_view text) { return text.size() > kMaxBytes ? std::nullopt : Evaluator(text).run(); }

}  // namespace xrouter::grade::structured
