// Reading function calls out of a model's reply. Nothing is evaluated.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/grade/value/value.hpp"

namespace xrouter::grade::calls {

struct FunctionCall {
  std::string name;  ///< as written, with dots
  std::vector<std::pair<std::string, Value>> arguments = {};
  int positional = 0;  ///< arguments without a name

  const Value* find(std::string_view name) const;
};

/// The calls of a reply, in one of the two ways models write them:
///  - Python syntax, `[a.b(x=1, y='two'), c()]`, with or without the brackets. Keyword arguments are
///    literals, names and inner calls (kept as their text) or arithmetic on numbers; positional
///    ones are only counted;
///  - JSON, `[{"a_b": {"x": 1}}]`, where the arguments may be a string of JSON, or
///    `[{"name": "a_b", "arguments": {...}}]`, or one such object.
/// A code fence around the whole and backslashes before underscores (Markdown) are taken off.
/// Errors: invalid_request when the text is something else; at most 64 KiB, 256 calls, depth 64.
Result<std::vector<FunctionCall>> parse_calls(std::string_view reply);

}  // namespace xrouter::grade::calls
