#include <algorithm>

#include "xrouter/grade/value/builder.hpp"
#include "xrouter/grade/value/python_scalars.hpp"
#include "xrouter/grade/value/value.hpp"

namespace xrouter::grade {
namespace {

bool is_hashable(const Value& value) {
  if (value.if_dict()) return false;
  const Value::List* list = value.if_list();
  return !list || (list->kind == ListKind::tuple && std::ranges::all_of(list->items, is_hashable));
}

class PythonParser {
 public:
  PythonParser(std::string_view text, const ValueLimits& limits) : text_(text), budget_(limits) {}

  Result<Value> document() {
    Value value;
    if (!read(value) || !read_bare_tuple(value)) return fail(error());
    skip_blanks();
    if (at_ == text_.size()) return value;
    refuse("something follows the literal");
    return fail(error());
  }

 private:
  bool refuse(std::string_view what) {
    if (problem_.empty()) problem_ = what;
    return false;
  }
  Error error() const { return malformed("Python literal", problem_, at_); }

  void skip_blanks() {
    while (at_ < text_.size()) {
      if (text_[at_] == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (std::string_view(" \t\r\n\f").find(text_[at_]) != std::string_view::npos) {
        ++at_;
      } else {
        return;
      }
    }
  }

  bool peek(char c) {
    skip_blanks();
    return at_ < text_.size() && text_[at_] == c;
  }
  bool take(char c) {
    if (!peek(c)) return false;
    ++at_;
    return true;
  }

  template <class Body>
  bool nested(Body body) {
    if (!budget_.enter()) return refuse("nested too deeply");
    ++at_;
    const bool ok = body();
    budget_.leave();
    return ok;
  }

  bool read(Value& out) {
    skip_blanks();
    if (at_ >= text_.size()) return refuse("a value is missing");
    if (!budget_.node()) return refuse("too many values");
    switch (text_[at_]) {
      case '[': return nested([&] { return read_list(out); });
      case '(': return nested([&] { return read_parenthesis(out); });
      case '{': return nested([&] { return read_braces(out); });
      default: return read_scalar(out);
    }
  }

  // Items up to `close`; a comma may stand before it.
  bool read_items(std::vector<Value>& items, char close) {
    while (!take(close)) {
      if (!read(items.emplace_back())) return false;
      if (!take(',') && !peek(close)) return refuse("',' or a closing bracket is missing");
    }
    return true;
  }

  bool read_list(Value& out) {
    Value::List list;
    if (!read_items(list.items, ']')) return false;
    out = Value(std::move(list));
    return true;
  }

  // (1) is 1, (1,) and () are tuples.
  bool read_parenthesis(Value& out) {
    Value::List tuple{.kind = ListKind::tuple, .items = {}};
    if (take(')')) {
      out = Value(std::move(tuple));
      return true;
    }
    Value first;
    if (!read(first)) return false;
    if (take(')')) {
      out = std::move(first);
      return true;
    }
    if (!take(',')) return refuse("',' or ')' is missing");
    tuple.items.push_back(std::move(first));
    if (!read_items(tuple.items, ')')) return false;
    out = Value(std::move(tuple));
    return true;
  }

  // 1, 2 without brackets, which a document may be.
  bool read_bare_tuple(Value& out) {
    if (!peek(',')) return true;
    Value::List tuple{.kind = ListKind::tuple, .items = {}};
    tuple.items.push_back(std::move(out));
    while (take(',')) {
      skip_blanks();
      if (at_ == text_.size()) break;
      if (!read(tuple.items.emplace_back())) return false;
    }
    out = Value(std::move(tuple));
    return true;
  }

  bool read_braces(Value& out) {
    if (take('}')) {
      out = Value(Value::Dict{});
      return true;
    }
    Value first;
    if (!read_hashable(first)) return false;
    return peek(':') ? read_dict(out, std::move(first)) : read_set(out, std::move(first));
  }

  bool read_hashable(Value& out) { return read(out) && (is_hashable(out) || refuse("a list, set or dict is no key")); }

  bool read_set(Value& out, Value item) {
    SetBuilder set;
    while (true) {
      set.add(std::move(item));
      const bool more = take(',');
      if (take('}')) break;
      if (!more) return refuse("',' or '}' is missing");
      if (!read_hashable(item)) return false;
    }
    out = std::move(set).take();
    return true;
  }

  bool read_dict(Value& out, Value key) {
    DictBuilder dict;
    while (true) {
      Value value;
      if (!take(':')) return refuse("':' is missing");
      if (!read(value)) return false;
      dict.add(std::move(key), std::move(value));
      const bool more = take(',');
      if (take('}')) break;
      if (!more) return refuse("',' or '}' is missing");
      if (!read_hashable(key)) return false;
    }
    out = std::move(dict).take();
    return true;
  }

  bool read_scalar(Value& out) {
    if (read_word(out)) return true;
    if (starts_python_string(text_.substr(at_))) return read_strings(out);
    const auto number = read_python_number(text_, at_);
    if (!number) return refuse("this is no literal");
    out = Value(*number);
    return true;
  }

  bool read_word(Value& out) {
    const std::string_view word = python_word(text_.substr(at_));
    if (word == "None") {
      out = Value();
    } else if (word == "True" || word == "False") {
      out = Value(word == "True");
    } else if (word == "set" && text_.substr(at_).starts_with("set()")) {
      out = Value(Value::List{.kind = ListKind::set, .items = {}});
      at_ += 2;
    } else {
      return false;
    }
    at_ += word.size();
    return true;
  }

  // Neighbouring strings are one.
  bool read_strings(Value& out) {
    std::string joined;
    do {
      const auto piece = read_python_string(text_, at_);
      if (!piece) return refuse("a string is malformed");
      joined += *piece;
      skip_blanks();
    } while (starts_python_string(text_.substr(at_)));
    out = Value(std::move(joined));
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Budget budget_;
  std::string_view problem_;
};

}  // namespace

Result<Value> parse_python(std::string_view text, const ValueLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return fail(ErrorKind::invalid_request, "Python literal: more than " + std::to_string(limits.max_bytes) + " bytes");
  }
  return PythonParser(text, limits).document();
}

}  // namespace xrouter::grade
