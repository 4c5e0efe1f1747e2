#include "xrouter/chat_format/python_json.hpp"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace xrouter::chat_format {
namespace {
namespace bj = boost::json;

void append_quoted(std::string& out, std::string_view text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte >= 0x20) {
      out += c;
    } else if (const std::size_t short_form = std::string_view("\b\f\n\r\t").find(c); short_form != std::string_view::npos) {
      out += '\\';
      out += "bfnrt"[short_form];
    } else {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  out += '"';
}

class Dumper {
 public:
  explicit Dumper(int indent) : indent_(indent) {}

  void write(const bj::value& value) {
    switch (value.kind()) {
      case bj::kind::null:
        out_ += "null";
        break;
      case bj::kind::bool_:
        out_ += value.get_bool() ? "true" : "false";
        break;
      case bj::kind::int64:
        out_ += std::to_string(value.get_int64());
        break;
      case bj::kind::uint64:
        out_ += std::to_string(value.get_uint64());
        break;
      case bj::kind::double_:
        out_ += python_float(value.get_double());
        break;
      case bj::kind::string:
        append_quoted(out_, std::string_view(value.get_string().data(), value.get_string().size()));
        break;
      case bj::kind::array:
        write_array(value.get_array());
        break;
      case bj::kind::object:
        write_object(value.get_object());
        break;
    }
  }
  std::string take() { return std::move(out_); }

 private:
  void write_array(const bj::array& array) {
    if (array.empty()) {
      out_ += "[]";
      return;
    }
    out_ += '[';
    ++depth_;
    bool first = true;
    for (const bj::value& item : array) {
      begin_item(first);
      first = false;
      write(item);
    }
    end_items(']');
  }

  void write_object(const bj::object& object) {
    if (object.empty()) {
      out_ += "{}";
      return;
    }
    out_ += '{';
    ++depth_;
    bool first = true;
    for (const bj::key_value_pair& member : object) {
      begin_item(first);
      first = false;
      append_quoted(out_, std::string_view(member.key().data(), member.key().size()));
      out_ += ": ";
      write(member.value());
    }
    end_items('}');
  }

  void begin_item(bool first) {
    if (!first) out_ += indent_ > 0 ? "," : ", ";
    break_line();
  }

  void end_items(char closing) {
    --depth_;
    break_line();
    out_ += closing;
  }

  void break_line() {
    if (indent_ == 0) return;
    out_ += '\n';
    out_.append(static_cast<std::size_t>(depth_ * indent_), ' ');
  }

  int indent_;
  int depth_ = 0;
  std::string out_;
};

// Decodes one code point; malformed bytes are nobody's white space.
struct CodePoint {
  char32_t value = 0xFFFD;
  std::size_t bytes = 1;
};

CodePoint first_of(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (at(0) < 0x80) return {at(0), 1};
  if ((at(0) & 0xE0) == 0xC0 && text.size() > 1) return {static_cast<char32_t>((at(0) & 0x1F) << 6 | (at(1) & 0x3F)), 2};
  if ((at(0) & 0xF0) == 0xE0 && text.size() > 2)
    return {static_cast<char32_t>((at(0) & 0x0F) << 12 | (at(1) & 0x3F) << 6 | (at(2) & 0x3F)), 3};
  return {};
}

bool is_space(char32_t c) {
  if (c <= 0x20) return c == 0x20 || (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x1F);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

std::size_t last_character(std::string_view text) {
  std::size_t at = text.size() - 1;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

}  // namespace

std::string python_json(const bj::value& value, int indent) {
  Dumper dumper(indent);
  dumper.write(value);
  return dumper.take();
}

std::string python_json(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

std::string python_float(double number) {
  if (number == 0) return std::signbit(number) ? "-0.0" : "0.0";
  std::array<char, 64> digits{};
  const auto scientific = std::to_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::scientific);
  const std::string text(digits.data(), scientific.ptr);
  const std::size_t e = text.find('e');
  const int exponent = std::atoi(text.c_str() + e + 1);
  if (exponent < -4 || exponent >= 16) return text;  // to_chars and Python both write at least two digits of it
  std::array<char, 64> plain{};
  const auto fixed = std::to_chars(plain.data(), plain.data() + plain.size(), number, std::chars_format::fixed);
  std::string out(plain.data(), fixed.ptr);
  return out.find('.') == std::string::npos ? out + ".0" : out;
}

std::string_view python_strip(std::string_view text) {
  while (!text.empty()) {
    const CodePoint c = first_of(text);
    if (!is_space(c.value)) break;
    text.remove_prefix(c.bytes);
  }
  while (!text.empty()) {
    const std::size_t at = last_character(text);
    const CodePoint c = first_of(text.substr(at));
    if (!is_space(c.value) || at + c.bytes != text.size()) break;
    text = text.substr(0, at);
  }
  return text;
}

}  // namespace xrouter::chat_format
