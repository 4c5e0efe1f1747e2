#include "xrouter/grade/math/names.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace xrouter::grade::math {
namespace {

template <std::size_t N>
bool contains(const std::string_view (&words)[N], std::string_view word) {
  return std::ranges::find(words, word) != std::end(words);
}

constexpr std::pair<std::string_view, std::string_view> kFunctions[] = {
    {"sin", "sin"},       {"cos", "cos"},     {"tan", "tan"},       {"cot", "cot"},     {"sec", "sec"},       {"csc", "csc"},
    {"arcsin", "arcsin"}, {"asin", "arcsin"}, {"arccos", "arccos"}, {"acos", "arccos"}, {"arctan", "arctan"}, {"atan", "arctan"},
    {"arccot", "arccot"}, {"sinh", "sinh"},   {"cosh", "cosh"},     {"tanh", "tanh"},   {"ln", "log"},        {"log", "log"},
    {"lg", "lg"},         {"exp", "exp"},     {"sqrt", "sqrt"},     {"cbrt", "cbrt"},   {"abs", "abs"},       {"floor", "floor"},
    {"ceil", "ceil"},     {"gcd", "gcd"},     {"lcm", "lcm"},       {"max", "max"},     {"min", "min"},       {"det", "det"},
    {"arg", "arg"},       {"deg", "deg"},     {"dim", "dim"},       {"ker", "ker"},     {"Re", "Re"},         {"Im", "Im"},
};

constexpr std::string_view kEvaluated[] = {"sin",    "cos",    "tan",  "cot",   "sec",  "csc",   "arcsin",   "arccos",
                                           "arctan", "arccot", "sinh", "cosh",  "tanh", "log",   "lg",       "exp",
                                           "sqrt",   "root",   "abs",  "floor", "ceil", "binom", "factorial"};

constexpr std::string_view kLetters[] = {
    "alpha",  "beta",     "gamma",      "delta",  "epsilon",  "zeta",       "eta",     "theta", "iota",     "kappa", "lambda",
    "mu",     "nu",       "xi",         "rho",    "sigma",    "tau",        "upsilon", "phi",   "chi",      "psi",   "omega",
    "Gamma",  "Delta",    "Theta",      "Lambda", "Xi",       "Pi",         "Sigma",   "Phi",   "Psi",      "Omega", "ell",
    "varphi", "vartheta", "varepsilon", "varrho", "emptyset", "varnothing", "hbar",    "angle", "triangle", "star",  "ast",
    "aleph",  "partial",  "nabla",      "infty",  "perp",     "parallel",   "odot",    "oplus", "dagger"};

constexpr std::string_view kUnits[] = {
    "m",          "cm",          "mm",     "km",      "g",      "kg",      "mg",         "s",           "ms",        "h",
    "l",          "ml",          "n",      "j",       "w",      "hz",      "v",          "k",           "mph",       "ft",
    "lb",         "lbs",         "oz",     "in",      "yd",     "mi",      "meter",      "meters",      "metre",     "metres",
    "mile",       "miles",       "foot",   "feet",    "inch",   "inches",  "yard",       "yards",       "gram",      "grams",
    "kilogram",   "kilograms",   "pound",  "pounds",  "ounce",  "ounces",  "second",     "seconds",     "sec",       "minute",
    "minutes",    "min",         "hour",   "hours",   "hr",     "hrs",     "day",        "days",        "week",      "weeks",
    "month",      "months",      "year",   "years",   "dollar", "dollars", "usd",        "cent",        "cents",     "euro",
    "euros",      "yuan",        "liter",  "liters",  "litre",  "litres",  "gallon",     "gallons",     "cup",       "cups",
    "unit",       "units",       "square", "cubic",   "sq",     "per",     "centimeter", "centimeters", "kilometer", "kilometers",
    "millimeter", "millimeters", "radian", "radians", "rad",    "people",  "points",     "ways",        "times",     "students",
    "pages",      "books",       "apples", "items",   "pieces", "hertz",   "newton",     "newtons",     "joule",     "joules",
    "kwh",        "kw",          "kmh",    "kph",     "rpm",    "bolts",
    // What word problems count.
    "acre", "acres", "adults", "apple", "bag", "bags", "ball", "balls", "batches", "bikes", "birds", "blocks", "boats", "book",
    "bottle", "bottles", "box", "boxes", "boys", "bunches", "buses", "cakes", "calories", "candies", "cans", "car", "cards",
    "cars", "cartons", "cases", "cats", "chairs", "chickens", "child", "children", "choices", "circles", "classes", "clips",
    "coins", "combinations", "cookies", "cows", "crayons", "cubes", "customers", "digits", "dogs", "donuts", "edges", "eggs",
    "employees", "faces", "fish", "flowers", "friends", "games", "girls", "glasses", "goals", "grains", "guests", "hamsters",
    "horses", "houses", "integers", "jars", "kids", "kilowatt", "kilowatts", "lemons", "letters", "marbles", "meals", "members",
    "men", "milligrams", "milliliters", "nickels", "numbers", "oranges", "outcomes", "packs", "pairs", "parts", "pears",
    "pencils", "pennies", "pens", "permutations", "persons", "pies", "pigs", "pints", "pizzas", "plants", "players", "point",
    "possibilities", "quarts", "questions", "rooms", "roots", "rows", "runs", "sandwiches", "seats", "sheep", "shirts", "shoes",
    "slices", "solutions", "squares", "stamps", "steps", "stickers", "stones", "student", "subsets", "tables", "tablespoons",
    "teams", "teaspoons", "terms", "tickets", "tiles", "time", "tons", "toys", "trees", "triangles", "trips", "values",
    "vertices", "votes", "watts", "way", "women", "words", "workers"};

constexpr Scale kScales[] = {{"dozen", 12, 1},   {"dozens", 12, 1},  {"hundred", 10, 2},  {"hundreds", 10, 2}, {"thousand", 10, 3}, {"thousands", 10, 3},
                             {"million", 10, 6}, {"millions", 10, 6}, {"billion", 10, 9}, {"billions", 10, 9}, {"trillion", 10, 12}, {"trillions", 10, 12}};

constexpr std::string_view kEnglish[] = {"the", "odd", "all", "yes", "not", "any", "one", "two", "no",  "is",  "of",  "to",  "if",  "so",
                                         "for", "but", "as",  "at",  "by",  "on",  "it",  "mon", "tue", "wed", "thu", "fri", "sat", "sun",
                                         "red", "we",  "an",  "am",  "pm",  "nan", "may", "th",  "st",  "nd",  "rd",  "mod"};

}  // namespace

std::string_view function_name(std::string_view word) {
  const auto found = std::ranges::find(kFunctions, word, [](const auto& entry) { return entry.first; });
  return found == std::end(kFunctions) ? std::string_view{} : found->second;
}

bool has_value(std::string_view function) { return contains(kEvaluated, function); }
bool is_letter_name(std::string_view word) { return contains(kLetters, word); }
bool is_unit_word(std::string_view folded) { return contains(kUnits, folded); }
const Scale* scale_of(std::string_view folded) {
  const auto found = std::ranges::find(kScales, folded, &Scale::word);
  return found == std::end(kScales) ? nullptr : &*found;
}
bool is_english_word(std::string_view folded) { return contains(kEnglish, folded); }

}  // namespace xrouter::grade::math
