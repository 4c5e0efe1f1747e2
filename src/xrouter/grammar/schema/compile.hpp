// A JSON Schema as a grammar.
#pragma once

#include <string_view>

#include "xrouter/base/result.hpp"
#include "xrouter/grammar/program.hpp"

namespace xrouter::grammar {

/// Adds the schema's values to `program` and returns their node. Error: see Builder::json. The work is bounded
/// whatever the schema says.
Result<int> compile_schema(Program& program, std::string_view schema, const JsonStyle& style);

}  // namespace xrouter::grammar
