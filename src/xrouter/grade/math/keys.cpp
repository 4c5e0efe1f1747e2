#include "xrouter/grade/math/keys.hpp"

namespace xrouter::grade::math {
namespace {

// JSON files give whole numbers as floats: 27.0 is 27.
std::string text_of(const Number& number) {
  return number.text.ends_with(".0") ? number.text.substr(0, number.text.size() - 2) : number.text;
}

void collect(const Value& value, std::vector<std::string>& keys, bool nested) {
  if (const auto* text = value.if_string())
    keys.push_back(*text);
  else if (const auto* number = value.if_number())
    keys.push_back(text_of(*number));
  else if (const auto* list = value.if_list(); list && !nested) {
    for (const Value& item : list->items) collect(item, keys, true);
  }
}

}  // namespace

std::vector<std::string> keys_of(const Value& ground_truth) {
  std::vector<std::string> keys;
  const Value* value = &ground_truth;
  for (const char* member : {"target", "answer"}) {
    if (const Value* found = ground_truth.find(member)) value = found;
  }
  collect(*value, keys, false);
  return keys;
}

}  // namespace xrouter::grade::math
