// Whether calls are those that were wanted, by the AST rule of the Berkeley Function Calling
// Leaderboard (github.com/ShishirPatil/gorilla, Apache-2.0): names and required parameters must be
// there, types must fit the declared ones, and every value must be one of the allowed values.
#pragma once

#include <string>
#include <vector>

#include "xrouter/grade/calls/call_text.hpp"

namespace xrouter::grade::calls {

/// One wanted call: its function's schema and the allowed values of each parameter. An allowed value
/// of "" says that the parameter may be left out.
struct WantedCall {
  std::string function;
  const Value* schema = nullptr;   ///< {name, parameters: {properties, required}}
  const Value* allowed = nullptr;  ///< {parameter: [value, ...]}
};

/// "" when the call is the wanted one, else what is wrong with it.
std::string mismatch(const FunctionCall& call, const WantedCall& wanted);

/// "" when the calls are the wanted ones in any order, one to one, else what is wrong.
std::string mismatch(const std::vector<FunctionCall>& calls, const std::vector<WantedCall>& wanted);

}  // namespace xrouter::grade::calls
