#include "xrouter/grade/math/units.hpp"

#include <optional>
#include <string>
#include <utility>

#include "xrouter/grade/math/names.hpp"

namespace xrouter::grade::math {
namespace {

constexpr std::pair<std::string_view, std::string_view> kAliases[] = {
    {"centimeter", "cm"}, {"centimetre", "cm"}, {"meter", "m"},  {"metre", "m"},    {"kilometer", "km"}, {"millimeter", "mm"},
    {"gram", "g"},        {"kilogram", "kg"},   {"second", "s"}, {"sec", "s"},      {"minute", "min"},   {"hour", "h"},
    {"hr", "h"},          {"foot", "ft"},       {"feet", "ft"},  {"inch", "in"},    {"inche", "in"},     {"mile", "mi"},
    {"yard", "yd"},       {"pound", "lb"},      {"ounce", "oz"}, {"liter", "l"},    {"litre", "l"},      {"radian", "rad"},
    {"newton", "n"},      {"joule", "j"},       {"hertz", "hz"}, {"dollar", "usd"}, {"sq", "square"}};

std::string singular(std::string_view word) {
  if (word.size() > 2 && word.ends_with('s') && word != "hz") word.remove_suffix(1);
  for (const auto& [name, alias] : kAliases) {
    if (word == name) return std::string(alias);
  }
  return std::string(word);
}

// "square centimeters" and "cm^2" become one text; nullopt when a word is not a unit.
std::optional<std::string> key_of(std::string_view unit) {
  std::string key;
  std::string power;
  while (!unit.empty()) {
    const std::size_t end = unit.find(' ');
    std::string_view word = unit.substr(0, end);
    unit = end == std::string_view::npos ? std::string_view{} : unit.substr(end + 1);
    const std::string_view name = word.substr(0, word.find_first_of("^/"));
    if (!is_unit_word(name)) return std::nullopt;
    if (name == "unit" || name == "units") continue;
    if (name == "square" || name == "sq" || name == "cubic") {
      power = name == "cubic" ? "^3" : "^2";
      continue;
    }
    key += singular(name) + std::exchange(power, "");
    if (word.size() > name.size()) key += word.substr(name.size());
  }
  return key;
}

}  // namespace

bool units_agree(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty() || a == b) return true;
  const auto left = key_of(a);
  const auto right = key_of(b);
  return !left || !right || left->empty() || right->empty() || *left == *right;
}

}  // namespace xrouter::grade::math
