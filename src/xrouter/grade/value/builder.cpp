#include "xrouter/grade/value/builder.hpp"

#include <fmt/format.h>

#include "xrouter/grade/value/compare.hpp"

namespace xrouter::grade {

Error malformed(std::string_view what, std::string_view problem, std::size_t at) {
  return {.kind = ErrorKind::invalid_request, .public_text = fmt::format("{}: {} at byte {}", what, problem, at)};
}

bool DictBuilder::add(Value key, Value value) {
  const auto [place, is_new] = places_.emplace(python_key(key), dict_.items.size());
  if (is_new) {
    dict_.items.emplace_back(std::move(key), std::move(value));
  } else {
    dict_.items[place->second].second = std::move(value);
  }
  return is_new;
}

void SetBuilder::add(Value item) {
  if (seen_.insert(python_key(item)).second) set_.items.push_back(std::move(item));
}

}  // namespace xrouter::grade
