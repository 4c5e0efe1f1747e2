// Bounded JSON parsing on Boost.JSON, and reading objects with errors that name the field.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "xrouter/base/raw_json.hpp"
#include "xrouter/base/result.hpp"

namespace xrouter::json {

struct ParseLimits {
  std::size_t max_bytes = 64 * 1024 * 1024;
  std::size_t max_depth = 64;
};

/// Strict RFC 8259: no comments, no trailing commas, valid UTF-8, one value, nothing behind it.
/// Errors: ErrorKind::invalid_request with the byte offset; request_too_large beyond max_bytes.
Result<boost::json::value> parse(std::string_view text, const ParseLimits& limits = {});

/// Compact text of a value. Doubles keep their value; integers stay integers.
RawJson raw(const boost::json::value& value);
/// A quoted and escaped JSON string.
std::string quote(std::string_view text);

/// Reads the fields of one object. The first problem sticks and every later read returns an empty
/// value, so a reader reads straight through and asks ok() once at the end.
///
///   json::ObjectReader in(value, "messages[0]");
///   std::string role = in.string("role");
///   std::optional<double> t = in.optional_number("temperature", 0, 2);
///   if (!in.ok()) return fail(in.error());   // "messages[0].role: must be a string"
///
/// null counts as absent. The reader refers to the value, which must outlive it.
class ObjectReader {
 public:
  /// `path` names the object in errors; "" for the document.
  explicit ObjectReader(const boost::json::value& value, std::string path = "");

  bool ok() const { return !error_.has_value(); }
  /// kind invalid_request, `param` = the field's path. Precondition: !ok().
  const Error& error() const { return *error_; }
  void fail_at(std::string_view name, std::string what);
  /// Takes over the problem, if any, of a reader of a nested object.
  void take_error_of(const ObjectReader& nested);

  bool has(std::string_view name) const { return find(name) != nullptr; }
  /// nullptr when absent or null.
  const boost::json::value* find(std::string_view name) const;

  std::string string(std::string_view name);
  std::int64_t integer(std::string_view name, std::int64_t min, std::int64_t max);
  double number(std::string_view name, double min, double max);
  std::optional<std::string> optional_string(std::string_view name);
  std::optional<std::int64_t> optional_integer(std::string_view name, std::int64_t min, std::int64_t max);
  std::optional<double> optional_number(std::string_view name, double min, double max);
  std::optional<bool> optional_bool(std::string_view name);
  /// nullptr when absent; an error when present and not an array / object.
  const boost::json::array* optional_array(std::string_view name, std::size_t max_items);
  const boost::json::object* optional_object(std::string_view name);
  std::optional<RawJson> optional_raw(std::string_view name);

  const boost::json::object& object() const { return *object_; }
  std::string path_of(std::string_view name) const;

 private:
  const boost::json::object* object_;
  std::string path_;
  std::optional<Error> error_;
};

}  // namespace xrouter::json
