// Getting the parts of a question out of a JSON line, and a prompt out of the parts. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/eval/benchmark.hpp"

namespace xrouter::eval {

/// The value at "a.b.0"; nullptr when a name or position on the way is not there.
const grade::Value* value_at(const grade::Value& line, std::string_view path);

/// A string as it is, anything else as JSON; "" for null.
std::string text_of_value(const grade::Value& value);

/// Errors: ErrorKind::config saying what the form did not find.
Result<grade::Value> gold_of(const grade::Value& value, GoldForm form);

/// "A. first\nB. second" and so on.
std::string lettered(const std::vector<std::string>& options);

using Blanks = std::vector<std::pair<std::string, std::string>>;
/// Replaces every {name} of `blanks`; other braces stay, so LaTeX needs no escapes.
std::string fill_in(std::string_view text, const Blanks& blanks);

}  // namespace xrouter::eval
