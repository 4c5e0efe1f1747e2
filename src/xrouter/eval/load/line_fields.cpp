#include "xrouter/eval/load/line_fields.hpp"

#include <charconv>


namespace xrouter::eval {
namespace {

using grade::Value;

const Value* child(const Value& value, std::string_view name) {
  if (const Value::List* list = value.if_list()) {
    std::size_t position = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), position);
    const bool valid = error == std::errc() && end == name.data() + name.size() && position < list->items.size();
    return valid ? &list->items[position] : nullptr;
  }
  return value.find(name);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

// The content of the last \boxed{...}, braces matched.
std::string_view last_boxed(std::string_view text) {
  constexpr std::string_view kBoxed = "\\boxed{";
  const std::size_t at = text.rfind(kBoxed);
  if (at == std::string_view::npos) return {};
  int depth = 1;
  const std::size_t begin = at + kBoxed.size();
  for (std::size_t i = begin; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '{') {
      ++depth;
    } else if (text[i] == '}' && --depth == 0) {
      return text.substr(begin, i - begin);
    }
  }
  return {};
}

Error no_gold(std::string what) { return {.kind = ErrorKind::config, .public_text = std::move(what)}; }

}  // namespace

const Value* value_at(const Value& line, std::string_view path) {
  const Value* at = &line;
  while (at && !path.empty()) {
    const std::size_t dot = path.find('.');
    at = child(*at, path.substr(0, dot));
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  }
  return at;
}

std::string text_of_value(const Value& value) {
  if (value.is_null()) return {};
  if (const std::string* text = value.if_string()) return *text;
  return grade::to_json(value);
}

Result<Value> gold_of(const Value& value, GoldForm form) {
  const std::string* text = value.if_string();
  switch (form) {
    case GoldForm::as_is:
      return value;
    case GoldForm::first: {
      const Value::List* list = value.if_list();
      if (!list || list->items.empty()) return fail(no_gold("the gold must be a list with an answer in it"));
      return list->items.front();
    }
    case GoldForm::after_hashes: {
      const std::size_t at = text ? text->rfind("####") : std::string::npos;
      if (at == std::string::npos) return fail(no_gold("the gold has no ####"));
      return Value(trimmed(std::string_view(*text).substr(at + 4)));
    }
    case GoldForm::last_boxed: {
      const std::string_view boxed = text ? last_boxed(*text) : std::string_view();
      if (boxed.empty()) return fail(no_gold("the gold has no \\boxed{...}"));
      return Value(boxed);
    }
    case GoldForm::index_to_letter: {
      const grade::Number* number = value.if_number();
      const auto index = number ? number->to_int64() : std::nullopt;
      if (!index || *index < 0 || *index > 25) return fail(no_gold("the gold must be a whole number from 0 to 25"));
      return Value(std::string(1, static_cast<char>('A' + *index)));
    }
    case GoldForm::text_as_json: {
      if (!text) return fail(no_gold("the gold must be a text that holds JSON"));
      auto parsed = grade::parse_json(*text);
      if (!parsed) return fail(no_gold("the gold is no JSON: " + parsed.error().public_text));
      return parsed;
    }
    case GoldForm::functional: {
      std::string source = text ? *text : "";
      if (const Value::List* lines = value.if_list())
        for (const Value& line : lines->items) source += text_of_value(line) + "\n";
      if (source.empty()) return fail(no_gold("the gold must be the source of tests"));
      Value::Dict task;
      task.items.emplace_back("functional", std::move(source));
      return Value(std::move(task));
    }
  }
  return fail(no_gold("unknown form of gold"));
}

std::string lettered(const std::vector<std::string>& options) {
  std::string out;
  for (std::size_t i = 0; i < options.size(); ++i)
    out += (i == 0 ? "" : "\n") + std::string(1, static_cast<char>('A' + i % 26)) + ". " + options[i];
  return out;
}

std::string fill_in(std::string_view text, const Blanks& blanks) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    out += text.substr(0, open);
    if (open == std::string_view::npos) break;
    text.remove_prefix(open);
    const std::size_t close = text.find('}');
    const std::string_view name = close == std::string_view::npos ? std::string_view() : text.substr(1, close - 1);
    const std::pair<std::string, std::string>* found = nullptr;
    for (const auto& blank : blanks)
      if (blank.first == name) found = &blank;
    out += found ? std::string_view(found->second) : text.substr(0, 1);
    text.remove_prefix(found ? close + 1 : 1);
  }
  return out;
}

}  // namespace xrouter::eval
