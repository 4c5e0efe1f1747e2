#include <algorithm>
#include <charconv>

#include "xrouter/grade/value/builder.hpp"
#include "xrouter/grade/value/json_scan.hpp"
#include "xrouter/grade/value/utf8.hpp"
#include "xrouter/grade/value/value.hpp"

namespace xrouter::grade {
namespace {

class JsonParser {
 public:
  JsonParser(std::string_view text, const ValueLimits& limits) : text_(text), budget_(limits), reject_duplicates_(limits.reject_duplicates) {}

  Result<Value> document() {
    Value value;
    if (!read(value)) return fail(error("JSON"));
    skip_blanks();
    if (at_ == text_.size()) return value;
    refuse("something follows the value");
    return fail(error("JSON"));
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && is_json_blank(text_[at_])) ++at_;
  }

  bool refuse(std::string_view what) {
    if (problem_.empty()) problem_ = what;
    return false;
  }
  Error error(std::string_view what) const { return malformed(what, problem_, at_); }

  bool take(char c) {
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool read(Value& out) {
    skip_blanks();
    if (at_ >= text_.size()) return refuse("a value is missing");
    if (!budget_.node()) return refuse("too many values");
    switch (text_[at_]) {
      case '{': return nested([&] { return read_object(out); });
      case '[': return nested([&] { return read_array(out); });
      case '"': return read_string_value(out);
      default: return read_scalar(out);
    }
  }

  template <class Body>
  bool nested(Body body) {
    if (!budget_.enter()) return refuse("nested too deeply");
    ++at_;
    const bool ok = body();
    budget_.leave();
    return ok;
  }

  bool read_array(Value& out) {
    Value::List list;
    if (!take(']')) {
      do {
        if (!read(list.items.emplace_back())) return false;
      } while (take(','));
      if (!take(']')) return refuse("',' or ']' is missing");
    }
    out = Value(std::move(list));
    return true;
  }

  bool read_object(Value& out) {
    DictBuilder dict;
    if (!take('}')) {
      do {
        skip_blanks();
        std::string name;
        if (at_ >= text_.size() || text_[at_] != '"') return refuse("a member's name is missing");
        if (!read_string(name)) return false;
        if (!take(':')) return refuse("':' is missing");
        Value value;
        if (!read(value)) return false;
        const bool is_new = dict.add(Value(std::move(name)), std::move(value));
        if (!is_new && reject_duplicates_) return refuse("a member's name stands twice");
      } while (take(','));
      if (!take('}')) return refuse("',' or '}' is missing");
    }
    out = std::move(dict).take();
    return true;
  }

  bool read_string_value(Value& out) {
    std::string text;
    if (!read_string(text)) return false;
    out = Value(std::move(text));
    return true;
  }

  bool read_string(std::string& out) {
    const std::optional<std::size_t> end = json_string_end(text_, at_, &at_);
    if (!end) return refuse("a string is malformed");
    out = unescaped(text_.substr(at_ + 1, *end - at_ - 2));
    at_ = *end;
    return true;
  }

  static char32_t hex4(std::string_view text) {
    unsigned value = 0;
    std::from_chars(text.data(), text.data() + 4, value, 16);
    return value;
  }

  // Appends the character of a \u escape at `at` and returns where it ends; joins surrogates.
  static std::size_t append_unicode(std::string& out, std::string_view body, std::size_t at) {
    const char32_t high = hex4(body.substr(at + 2));
    const bool paired = high >= 0xD800 && high < 0xDC00 && body.substr(at + 6).starts_with("\\u");
    const char32_t low = paired ? hex4(body.substr(at + 8)) : 0;
    if (low < 0xDC00 || low > 0xDFFF) {
      append_utf8(out, high);
      return at + 6;
    }
    append_utf8(out, 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
    return at + 12;
  }

  static std::string unescaped(std::string_view body) {
    std::string out;
    std::size_t from = 0;
    for (std::size_t at = body.find('\\'); at != std::string_view::npos; at = body.find('\\', from)) {
      out += body.substr(from, at - from);
      const char kind = body[at + 1];
      if (kind == 'u') {
        from = append_unicode(out, body, at);
        continue;
      }
      const std::string_view kinds = "bfnrt";
      const std::size_t index = kinds.find(kind);
      out += index == std::string_view::npos ? kind : "\b\f\n\r\t"[index];
      from = at + 2;
    }
    out += body.substr(from);
    return out;
  }

  bool read_scalar(Value& out) {
    if (const auto end = json_word_end(text_, at_)) {
      out = word(text_.substr(at_, *end - at_));
      at_ = *end;
      return true;
    }
    const auto end = json_number_end(text_, at_);
    if (!end) return refuse("this is no value");
    out = Value(Number{std::string(text_.substr(at_, *end - at_))});
    at_ = *end;
    return true;
  }

  static Value word(std::string_view text) {
    if (text == "true" || text == "false") return Value(text == "true");
    if (text == "null") return {};
    if (text == "NaN") return Value(Number{"nan"});
    return Value(Number{text == "Infinity" ? "inf" : "-inf"});
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Budget budget_;
  bool reject_duplicates_;
  std::string_view problem_;
};

}  // namespace

Result<Value> parse_json(std::string_view text, const ValueLimits& limits) {
  if (text.size() > limits.max_bytes) return fail(ErrorKind::invalid_request, "JSON: more than " + std::to_string(limits.max_bytes) + " bytes");
  return JsonParser(text, limits).document();
}

bool names_twice(std::string_view json) { return !parse_json(json, {.reject_duplicates = true}) && parse_json(json); }

}  // namespace xrouter::grade
