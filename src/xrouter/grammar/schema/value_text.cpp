#include "xrouter/grammar/schema/value_text.hpp"

#include <charconv>

#include "xrouter/json/parse.hpp"

namespace xrouter::grammar {

namespace bj = boost::json;

namespace {

std::string number_text(const bj::value& value) {
  char text[64];
  std::to_chars_result end{};
  if (value.is_int64())
    end = std::to_chars(text, text + sizeof text, value.get_int64());
  else if (value.is_uint64())
    end = std::to_chars(text, text + sizeof text, value.get_uint64());
  else
    end = std::to_chars(text, text + sizeof text, value.get_double());
  std::string written(text, end.ptr);
  // Written without a point it would be read back as an integer, which some readers tell apart.
  if (value.is_double() && written.find_first_of(".e") == std::string::npos) written += ".0";
  return written;
}

}  // namespace

std::string text_of(const bj::value& value, const JsonStyle& style) {
  if (value.is_null()) return "null";
  if (value.is_bool()) return value.get_bool() ? "true" : "false";
  if (value.is_string()) return json::quote(value.get_string());
  if (value.is_number()) return number_text(value);
  std::string text;
  if (const bj::array* array = value.if_array()) {
    for (const bj::value& each : *array) text += (text.empty() ? "[" : style.item_separator) + text_of(each, style);
    return (text.empty() ? "[" : text) + "]";
  }
  for (const auto& member : value.get_object())
    text += (text.empty() ? "{" : style.item_separator) + json::quote(member.key()) + style.key_separator + text_of(member.value(), style);
  return (text.empty() ? "{" : text) + "}";
}

}  // namespace xrouter::grammar
