#include "xrouter/json/indent.hpp"

namespace xrouter::json {

std::string indented(std::string_view json) {
  std::string out;
  std::size_t depth = 0;
  bool in_string = false;
  const auto new_line = [&] { out.append(1, '\n').append(2 * depth, ' '); };
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      out += c;
      if (c == '\\') out += json[++i];
      in_string = c != '"';
      continue;
    }
    in_string = c == '"';
    // Objects of scalars, which most are, stay on one line.
    const std::size_t close = json.find_first_of("[]{}", i + 1);
    const bool flat = (c == '{' || c == '[') && close != std::string_view::npos && (json[close] == '}' || json[close] == ']');
    if (flat) {
      out.append(json, i, close - i + 1);
      i = close;
      continue;
    }
    if (c == '}' || c == ']') {
      --depth;
      new_line();
    }
    out += c;
    if (c == '{' || c == '[') {
      ++depth;
      new_line();
    }
    if (c == ',') new_line();
  }
  return out + "\n";
}

}  // namespace xrouter::json
