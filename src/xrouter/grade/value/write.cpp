#include <fmt/format.h>
#include <utf8proc.h>

#include <cmath>

#include "xrouter/grade/value/utf8.hpp"
#include "xrouter/grade/value/value.hpp"

namespace xrouter::grade {
namespace {

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

std::string json_number(const Number& number) {
  if (number.text == "inf") return "Infinity";
  if (number.text == "-inf") return "-Infinity";
  return number.text == "nan" ? "NaN" : number.text;
}

void append_json(std::string& out, const Value& value);

void append_json_dict(std::string& out, const Value::Dict& dict) {
  out += '{';
  for (const auto& [key, value] : dict.items) {
    if (&key != &dict.items.front().first) out += ',';
    if (key.if_string()) {
      append_json(out, key);
    } else {
      append_json_string(out, to_json(key));
    }
    out += ':';
    append_json(out, value);
  }
  out += '}';
}

void append_json(std::string& out, const Value& value) {
  if (value.is_null()) {
    out += "null";
  } else if (const bool* flag = value.if_bool()) {
    out += *flag ? "true" : "false";
  } else if (const Number* number = value.if_number()) {
    out += json_number(*number);
  } else if (const std::string* text = value.if_string()) {
    append_json_string(out, *text);
  } else if (const Value::List* list = value.if_list()) {
    out += '[';
    for (const Value& item : list->items) {
      if (&item != &list->items.front()) out += ',';
      append_json(out, item);
    }
    out += ']';
  } else {
    append_json_dict(out, *value.if_dict());
  }
}

// What Python's str.isprintable() says of one character.
bool is_printable(char32_t c) {
  if (c == ' ') return true;
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return false;
    default: return true;
  }
}

void append_escaped(std::string& out, char32_t c) {
  switch (c) {
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  const auto code = static_cast<std::uint32_t>(c);
  out += code < 0x100 ? fmt::format("\\x{:02x}", code) : code < 0x10000 ? fmt::format("\\u{:04x}", code) : fmt::format("\\U{:08x}", code);
}

void append_python_string(std::string& out, std::string_view text) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const char quote = has_single && text.find('"') == std::string_view::npos ? '"' : '\'';
  out += quote;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    const char32_t c = utf8_decode(text, at);
    if (c == static_cast<unsigned char>(quote) || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (is_printable(c)) {
      append_utf8(out, c);
    } else {
      append_escaped(out, c);
    }
    at += length == 0 ? 1 : length;
  }
  out += quote;
}

// Shortest digits that read back as the same double, in Python's choice between 0.0001 and 1e-05.
std::string python_float(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  const std::string text = fmt::format("{}", value);  // fmt's default switches to an exponent where Python does
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

void append_python(std::string& out, const Value& value);

void append_items(std::string& out, const std::vector<Value>& items) {
  for (const Value& item : items) {
    if (&item != &items.front()) out += ", ";
    append_python(out, item);
  }
}

void append_python_list(std::string& out, const Value::List& list) {
  if (list.kind == ListKind::set && list.items.empty()) {
    out += "set()";
    return;
  }
  const std::string_view brackets = list.kind == ListKind::list ? "[]" : list.kind == ListKind::tuple ? "()" : "{}";
  out += brackets[0];
  append_items(out, list.items);
  if (list.kind == ListKind::tuple && list.items.size() == 1) out += ',';
  out += brackets[1];
}

void append_python_dict(std::string& out, const Value::Dict& dict) {
  out += '{';
  for (const auto& [key, value] : dict.items) {
    if (&key != &dict.items.front().first) out += ", ";
    append_python(out, key);
    out += ": ";
    append_python(out, value);
  }
  out += '}';
}

void append_python(std::string& out, const Value& value) {
  if (value.is_null()) {
    out += "None";
  } else if (const bool* flag = value.if_bool()) {
    out += *flag ? "True" : "False";
  } else if (const Number* number = value.if_number()) {
    out += number->is_integer() ? number->text : python_float(number->to_double());
  } else if (const std::string* text = value.if_string()) {
    append_python_string(out, *text);
  } else if (const Value::List* list = value.if_list()) {
    append_python_list(out, *list);
  } else {
    append_python_dict(out, *value.if_dict());
  }
}

}  // namespace

std::string to_json(const Value& value) {
  std::string out;
  append_json(out, value);
  return out;
}

std::string to_python(const Value& value) {
  std::string out;
  append_python(out, value);
  return out;
}

}  // namespace xrouter::grade
