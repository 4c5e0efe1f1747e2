// A plain value of JSON or of a Python literal, with numbers kept as they were written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "xrouter/base/result.hpp"

namespace xrouter::grade {

/// A number by its text, so that 12345678901234567890 and 0.10 lose nothing. The text is ASCII:
/// an optional minus sign, digits, and for a float a dot or an exponent; or inf, -inf, nan.
struct Number {
  std::string text;

  /// No dot, no exponent, not inf or nan: what Python calls an int.
  bool is_integer() const;
  /// nullopt when it is not an integer or does not fit.
  std::optional<std::int64_t> to_int64() const;
  /// The nearest double; infinite when out of range.
  double to_double() const;
  /// Equal as texts, not as quantities: see equal() in compare.hpp.
  bool operator==(const Number&) const = default;
};

enum class ListKind { list, tuple, set };

/// null, bool, number, string, a list (or Python tuple or set) or a dict whose keys may be any value
/// (JSON: strings) in the order written.
class Value {
 public:
  struct List {
    ListKind kind = ListKind::list;
    std::vector<Value> items;
    bool operator==(const List& other) const;
  };
  struct Dict {
    std::vector<std::pair<Value, Value>> items;
    bool operator==(const Dict& other) const;
  };

  Value() = default;
  Value(std::nullptr_t) {}
  Value(bool value) : data_(value) {}
  Value(int value) : data_(Number{std::to_string(value)}) {}
  Value(std::int64_t value) : data_(Number{std::to_string(value)}) {}
  Value(Number value) : data_(std::move(value)) {}
  Value(std::string value) : data_(std::move(value)) {}
  Value(std::string_view value) : data_(std::string(value)) {}
  Value(const char* value) : data_(std::string(value)) {}
  Value(List value) : data_(std::move(value)) {}
  Value(Dict value) : data_(std::move(value)) {}

  bool is_null() const { return std::holds_alternative<std::monostate>(data_); }
  const bool* if_bool() const { return std::get_if<bool>(&data_); }
  const Number* if_number() const { return std::get_if<Number>(&data_); }
  const std::string* if_string() const { return std::get_if<std::string>(&data_); }
  const List* if_list() const { return std::get_if<List>(&data_); }
  const Dict* if_dict() const { return std::get_if<Dict>(&data_); }

  /// The value under a string key; nullptr when this is no dict or has no such key.
  const Value* find(std::string_view key) const;

  /// Structural equality: 1 differs from 1.0 and from true.
  bool operator==(const Value&) const = default;

 private:
  std::variant<std::monostate, bool, Number, std::string, List, Dict> data_;
};

// Not defaulted in their classes: clang 14 would want a complete Value there.
inline bool Value::List::operator==(const List& other) const { return kind == other.kind && items == other.items; }
inline bool Value::Dict::operator==(const Dict& other) const { return items == other.items; }

struct ValueLimits {
  std::size_t max_bytes = 16 * 1024 * 1024;
  int max_depth = 64;
  std::size_t max_nodes = 1'000'000;
  bool reject_duplicates = false;  ///< JSON only: refuse an object that names a member twice; else the last one wins
};

/// Strict RFC 8259, and NaN, Infinity, -Infinity as Python's json module reads them.
/// Errors: ErrorKind::invalid_request with the byte offset, or naming the limit. Linear time.
Result<Value> parse_json(std::string_view text, const ValueLimits& limits = {});

/// Whether this is JSON in which an object names a member twice: such a reply says two things at once.
bool names_twice(std::string_view json);

/// A Python literal: numbers (underscores, hex, octal, binary; no complex), strings (all quotes and
/// prefixes but f), bytes (as the text b'...'), None, True, False, lists, tuples, sets, dicts, a leading sign.
/// Nothing is evaluated. Errors as parse_json.
Result<Value> parse_python(std::string_view text, const ValueLimits& limits = {});

/// Compact JSON; tuples and sets become arrays, non-string keys their JSON text.
std::string to_json(const Value& value);
/// As Python's repr() writes it.
std::string to_python(const Value& value);

}  // namespace xrouter::grade
