#include "xrouter/grade/math/units.hpp"

#include <algorithm>
#include <iterator>
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

constexpr std::string_view kConnectors[] = {"of", "a", "an", "the", "each", "all", "total", "altogether", "unit", "units"};

// One word with its exponent, as in "cm^2". False when it is no unit.
bool append_word(std::string& key, std::string_view word, std::string& power) {
  const std::string_view name = word.substr(0, word.find('^'));
  if (std::ranges::find(kConnectors, name) != std::end(kConnectors)) return true;
  if (!is_unit_word(name)) return false;
  if (name == "square" || name == "sq" || name == "cubic") {
    power = name == "cubic" ? "^3" : "^2";
    return true;
  }
  key += singular(name) + std::exchange(power, "");
  key += word.substr(name.size());
  return true;
}

// "square centimeters" and "cm^2" become one text; nullopt when a word is not a unit.
std::optional<std::string> key_of(std::string_view unit) {
  std::string key;
  std::string power;
  for (;;) {
    const std::size_t end = unit.find_first_of(" /");
    if (!append_word(key, unit.substr(0, end), power)) return std::nullopt;
    if (end == std::string_view::npos) return key;
    if (unit[end] == '/') key += '/';
    unit = unit.substr(end + 1);
  }
}

}  // namespace

bool units_agree(std::string_view a, std::string_view b) {
  if (a == b) return true;
  if (a.empty()) return key_of(b).has_value();
  if (b.empty()) return key_of(a).has_value();
  const auto left = key_of(a);
  const auto right = key_of(b);
  return left && right && (left->empty() || right->empty() || *left == *right);
}

bool is_cents(std::string_view unit) { return unit == "cent" || unit == "cents"; }

bool is_dollars(std::string_view unit) { return key_of(unit) == "usd"; }

}  // namespace xrouter::grade::math
