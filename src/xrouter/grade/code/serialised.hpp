// Values as the Python side serialises them, and what tests expect of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/grade/value/value.hpp"

namespace xrouter::grade::code {

/// An object of a type that is no plain data. Equals nothing.
inline constexpr std::string_view kOpaqueTag = "x";

/// JSON where {"t": [..]} is a tuple, "s" a set, "d" a list of pairs, "f" a float's repr, "b" bytes in hex,
/// "c" a complex number and "x" the type name of anything else. Errors: ErrorKind::invalid_request.
Result<Value> read_serialised(std::string_view json);
Result<Value> read_serialised(const Value& tagged);

/// One observation that tests make of a result.
struct Expectation {
  enum class Kind {
    equal,    ///< Python's ==
    differs,  ///< Python's !=
    is,       ///< the same None, True or False
    truthy,
    falsy,
    one_of,    ///< == to one item of the list
    close,     ///< a number within abs_tol, or rel_tol of the larger
    deep,      ///< == where no float is involved, floats as `close`; lists and tuples alike
    array,     ///< floats of one shape, within abs_tol + rel_tol * |wanted|
    evalplus,  ///< ==, or type and array as above where the tolerance is not zero
  };
  Kind kind = Kind::equal;
  std::string view = {};  ///< what is applied to the result first: "", "sorted", "len" ...
  Value wanted = {};
  double rel_tol = 0;
  double abs_tol = 0;
};
Result<Expectation> read_expectation(const Value& json);

bool meets(const Value& result, const Expectation& expectation);

}  // namespace xrouter::grade::code
