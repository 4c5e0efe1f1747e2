#include "xrouter/json/parse.hpp"

#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>

namespace xrouter::json {
namespace bj = boost::json;

Result<bj::value> parse(std::string_view text, const ParseLimits& limits) {
  if (text.size() > limits.max_bytes)
    return fail(ErrorKind::request_too_large, "The JSON text has " + std::to_string(text.size()) + " bytes; at most " +
                                                  std::to_string(limits.max_bytes) + " are accepted.");
  bj::parse_options options;
  options.max_depth = limits.max_depth;
  bj::parser parser({}, options);
  bj::error_code error;
  const std::size_t consumed = parser.write_some(text.data(), text.size(), error);
  // write_some stops behind a complete value; only white space may follow.
  const bool clean_end = consumed >= text.size() || text.find_first_not_of(" \t\r\n", consumed) == std::string_view::npos;
  if (!error && clean_end) return parser.release();
  if (error == bj::error::too_deep) return fail(ErrorKind::invalid_request, "The JSON is nested deeper than " + std::to_string(limits.max_depth) + " levels.");
  const std::string why = error ? error.message() : "text after the value";
  return fail(ErrorKind::invalid_request, "Not valid JSON at byte " + std::to_string(consumed) + ": " + why + ".");
}

RawJson raw(const bj::value& value) { return {.text = bj::serialize(value)}; }
std::string quote(std::string_view text) { return bj::serialize(bj::string_view(text.data(), text.size())); }

ObjectReader::ObjectReader(const bj::value& value, std::string path) : object_(value.if_object()), path_(std::move(path)) {
  static const bj::object empty;
  if (object_) return;
  object_ = &empty;
  fail_at("", "must be an object");
}

std::string ObjectReader::path_of(std::string_view name) const {
  if (name.empty()) return path_;
  return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
}

void ObjectReader::fail_at(std::string_view name, std::string what) {
  if (error_) return;
  std::string where = path_of(name);
  std::string text = (where.empty() ? std::string("The body") : "'" + where + "'") + " " + what + ".";
  error_ = Error{.kind = ErrorKind::invalid_request, .public_text = std::move(text), .internal_text = {}, .param = std::move(where)};
}

void ObjectReader::take_error_of(const ObjectReader& nested) {
  if (!error_) error_ = nested.error_;
}

const bj::value* ObjectReader::find(std::string_view name) const {
  const bj::value* value = object_->if_contains(bj::string_view(name.data(), name.size()));
  return value && !value->is_null() ? value : nullptr;
}

std::optional<std::string> ObjectReader::optional_string(std::string_view name) {
  const bj::value* value = find(name);
  if (!value) return std::nullopt;
  if (const auto* text = value->if_string()) return std::string(text->data(), text->size());
  fail_at(name, "must be a string");
  return std::nullopt;
}

std::optional<std::int64_t> ObjectReader::optional_integer(std::string_view name, std::int64_t min, std::int64_t max) {
  const bj::value* value = find(name);
  if (!value) return std::nullopt;
  std::optional<std::int64_t> number;
  if (const auto* i = value->if_int64()) {
    number = *i;
  } else if (const auto* d = value->if_double(); d && std::nearbyint(*d) == *d && std::abs(*d) < 9e15) {
    number = static_cast<std::int64_t>(*d);  // some clients write 5.0
  }
  if (!number || *number < min || *number > max) {
    fail_at(name, "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
    return std::nullopt;
  }
  return number;
}

std::optional<double> ObjectReader::optional_number(std::string_view name, double min, double max) {
  const bj::value* value = find(name);
  if (!value) return std::nullopt;
  bj::error_code error;
  const double number = value->is_number() ? value->to_number<double>(error) : NAN;
  if (!(number >= min && number <= max)) {
    const auto shown = [](double bound) { return bj::serialize(bj::value(static_cast<std::int64_t>(bound))); };
    fail_at(name, "must be a number from " + shown(min) + " to " + shown(max));
    return std::nullopt;
  }
  return number;
}

std::optional<bool> ObjectReader::optional_bool(std::string_view name) {
  const bj::value* value = find(name);
  if (!value) return std::nullopt;
  if (const bool* flag = value->if_bool()) return *flag;
  fail_at(name, "must be true or false");
  return std::nullopt;
}

const bj::array* ObjectReader::optional_array(std::string_view name, std::size_t max_items) {
  const bj::value* value = find(name);
  if (!value) return nullptr;
  const bj::array* array = value->if_array();
  if (!array)
    fail_at(name, "must be an array");
  else if (array->size() > max_items)
    fail_at(name, "has " + std::to_string(array->size()) + " items; at most " + std::to_string(max_items) + " are accepted");
  return ok() ? array : nullptr;
}

const bj::object* ObjectReader::optional_object(std::string_view name) {
  const bj::value* value = find(name);
  if (!value) return nullptr;
  const bj::object* object = value->if_object();
  if (!object) fail_at(name, "must be an object");
  return object;
}

std::optional<RawJson> ObjectReader::optional_raw(std::string_view name) {
  const bj::value* value = find(name);
  return value ? std::optional(raw(*value)) : std::nullopt;
}

std::string ObjectReader::string(std::string_view name) {
  if (!has(name)) fail_at(name, "is missing");
  return optional_string(name).value_or(std::string());
}

std::int64_t ObjectReader::integer(std::string_view name, std::int64_t min, std::int64_t max) {
  if (!has(name)) fail_at(name, "is missing");
  return optional_integer(name, min, max).value_or(0);
}

double ObjectReader::number(std::string_view name, double min, double max) {
  if (!has(name)) fail_at(name, "is missing");
  return optional_number(name, min, max).value_or(0);
}

}  // namespace xrouter::json
