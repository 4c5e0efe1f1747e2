#include "xrouter/grade/calls/match.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace xrouter::grade::calls {
namespace {

// The types of the schemas; `any` is what Python code may pass as a string.
enum class Type { string, integer, number, boolean, list, dict, null };

Type type_of(const Value& value) {
  if (value.if_string()) return Type::string;
  if (const Number* number = value.if_number()) return number->is_integer() ? Type::integer : Type::number;
  if (value.if_bool()) return Type::boolean;
  if (value.if_list()) return Type::list;
  return value.if_dict() ? Type::dict : Type::null;
}

std::optional<Type> declared_type(std::string_view name) {
  if (name == "string" || name == "any") return Type::string;
  if (name == "integer") return Type::integer;
  if (name == "float" || name == "number") return Type::number;
  if (name == "boolean") return Type::boolean;
  if (name == "array" || name == "tuple") return Type::list;
  if (name == "dict" || name == "object") return Type::dict;
  return std::nullopt;
}

std::string_view text_at(const Value& object, std::string_view key) {
  const Value* value = object.find(key);
  const std::string* text = value ? value->if_string() : nullptr;
  return text ? std::string_view(*text) : std::string_view();
}

bool is_left_out(const Value& value) { return value.if_string() && value.if_string()->empty(); }

// Case, blanks and the marks , . / - _ * ^ say nothing about a string argument.
std::string folded(std::string_view text) {
  std::string plain;
  for (char c : text) {
    if (std::string_view(" ,./-_*^").find(c) != std::string_view::npos) continue;
    plain += c == '\'' ? '"' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return plain;
}

bool same(const Value& a, const Value& b);

bool same_items(const Value::List& a, const Value::List& b) {
  return a.items.size() == b.items.size() && std::equal(a.items.begin(), a.items.end(), b.items.begin(), same);
}

bool same_entries(const Value::Dict& a, const Value::Dict& b, const Value& b_value) {
  if (a.items.size() != b.items.size()) return false;
  return std::ranges::all_of(a.items, [&](const auto& entry) {
    const std::string* key = entry.first.if_string();
    const Value* other = key ? b_value.find(*key) : nullptr;
    return other && same(entry.second, *other);
  });
}

// Strings folded; 1 and 1.0 are one number, true and 1 are not.
bool same(const Value& a, const Value& b) {
  if (a.if_string() && b.if_string()) return folded(*a.if_string()) == folded(*b.if_string());
  if (a.if_number() && b.if_number()) {
    const auto x = a.if_number()->to_int64();
    const auto y = b.if_number()->to_int64();
    return x && y ? *x == *y : a.if_number()->to_double() == b.if_number()->to_double();
  }
  if (a.if_list() && b.if_list()) return same_items(*a.if_list(), *b.if_list());
  if (a.if_dict() && b.if_dict()) return same_entries(*a.if_dict(), *b.if_dict(), b);
  return a == b;
}

bool any_same(const Value& value, const Value::List& allowed) {
  return std::ranges::any_of(allowed.items, [&](const Value& one) { return same(value, one); });
}

// An allowed dict holds for each key the list of its allowed values.
bool fits_dict(const Value& value, const Value& pattern) {
  if (!pattern.if_dict()) return false;
  for (const auto& [key, item] : value.if_dict()->items) {
    const Value* values = key.if_string() ? pattern.find(*key.if_string()) : nullptr;
    if (!values || !values->if_list() || !any_same(item, *values->if_list())) return false;
  }
  return std::ranges::all_of(pattern.if_dict()->items, [&](const auto& entry) {
    const std::string* key = entry.first.if_string();
    const Value::List* values = entry.second.if_list();
    return (key && value.find(*key)) || (values && std::ranges::any_of(values->items, is_left_out));
  });
}

bool fits_list_of_dicts(const Value::List& value, const Value& pattern) {
  const Value::List* patterns = pattern.if_list();
  if (!patterns || patterns->items.size() != value.items.size()) return false;
  return std::equal(value.items.begin(), value.items.end(), patterns->items.begin(),
                    [](const Value& item, const Value& one) { return item.if_dict() && fits_dict(item, one); });
}

bool holds_dicts(const Value& value) {
  return value.if_list() && !value.if_list()->items.empty() && std::ranges::all_of(value.if_list()->items, [](const Value& item) { return item.if_dict(); });
}

// A value of another type than declared is a variable of the caller's program, which passes when the
// allowed values are of that type as well.
bool type_fits(const Value& value, const Value& schema, const Value::List& allowed) {
  const auto wanted = declared_type(text_at(schema, "type"));
  const Type got = type_of(value);
  if (!wanted || got == *wanted || (*wanted == Type::number && got == Type::integer)) return true;
  const auto first = std::ranges::find_if(allowed.items, [](const Value& one) { return !is_left_out(one); });
  return first != allowed.items.end() && type_of(*first) == got;
}

bool items_fit(const Value& value, const Value& schema, const Value::List& allowed) {
  const Value* items = schema.find("items");
  if (!items || !value.if_list()) return true;
  Value::List allowed_items;
  for (const Value& one : allowed.items) {
    if (!one.if_list()) continue;
    for (const Value& item : one.if_list()->items) allowed_items.items.push_back(item);
  }
  return std::ranges::all_of(value.if_list()->items, [&](const Value& item) { return type_fits(item, *items, allowed_items); });
}

bool value_fits(const Value& value, const Value::List& allowed) {
  const auto fits_one = [&](const Value& one) {
    if (value.if_dict()) return fits_dict(value, one);
    if (holds_dicts(value)) return fits_list_of_dicts(*value.if_list(), one);
    return same(value, one);
  };
  return std::ranges::any_of(allowed.items, fits_one);
}

char dot_as_underscore(char c) { return c == '.' ? '_' : c; }

std::string same_name_or_problem(const FunctionCall& call, const WantedCall& wanted) {
  // A name with dots is not allowed everywhere, and providers put underscores there.
  if (std::ranges::equal(call.name, wanted.function, {}, dot_as_underscore, dot_as_underscore)) return "";
  return fmt::format("wrong function: {} instead of {}", call.name, wanted.function);
}

std::string argument_problem(const std::string& name, const Value& value, const Value* schema, const Value* allowed) {
  if (!schema || !allowed || !allowed->if_list()) return "unexpected argument " + name;
  if (!type_fits(value, *schema, *allowed->if_list()) || !items_fit(value, *schema, *allowed->if_list())) return "wrong type of " + name;
  return value_fits(value, *allowed->if_list()) ? "" : "wrong value of " + name;
}

std::string required_problem(const FunctionCall& call, const Value& parameters) {
  const Value* required = parameters.find("required");
  if (!required || !required->if_list()) return "";
  for (const Value& name : required->if_list()->items) {
    if (name.if_string() && !call.find(*name.if_string())) return "missing argument " + *name.if_string();
  }
  return "";
}

std::string left_out_problem(const FunctionCall& call, const Value& allowed) {
  for (const auto& [name, values] : allowed.if_dict()->items) {
    const bool optional = values.if_list() && std::ranges::any_of(values.if_list()->items, is_left_out);
    if (name.if_string() && !call.find(*name.if_string()) && !optional) return "missing argument " + *name.if_string();
  }
  return "";
}

// Finds for `wanted[index]` a call that is free or can be freed (augmenting path).
struct Pairing {
  const std::vector<std::vector<bool>>& fits;
  std::vector<int>& owner;
  std::vector<bool> tried;

  bool place(std::size_t wanted) {
    for (std::size_t call = 0; call < owner.size(); ++call) {
      if (!fits[wanted][call] || tried[call]) continue;
      tried[call] = true;
      if (owner[call] < 0 || place(static_cast<std::size_t>(owner[call]))) {
        owner[call] = static_cast<int>(wanted);
        return true;
      }
    }
    return false;
  }
};

}  // namespace

std::string mismatch(const FunctionCall& call, const WantedCall& wanted) {
  if (std::string problem = same_name_or_problem(call, wanted); !problem.empty()) return problem;
  if (call.positional != 0) return "an argument without a name";
  const Value* parameters = wanted.schema->find("parameters");
  if (!parameters || !wanted.allowed->if_dict()) return "the schema has no parameters";
  if (std::string problem = required_problem(call, *parameters); !problem.empty()) return problem;
  const Value* properties = parameters->find("properties");
  for (const auto& [name, value] : call.arguments) {
    std::string problem = argument_problem(name, value, properties ? properties->find(name) : nullptr, wanted.allowed->find(name));
    if (!problem.empty()) return problem;
  }
  return left_out_problem(call, *wanted.allowed);
}

std::string mismatch(const std::vector<FunctionCall>& calls, const std::vector<WantedCall>& wanted) {
  if (calls.size() != wanted.size()) return fmt::format("{} calls instead of {}", calls.size(), wanted.size());
  if (wanted.size() == 1) return mismatch(calls[0], wanted[0]);
  std::vector<std::vector<bool>> fits(wanted.size(), std::vector<bool>(calls.size()));
  for (std::size_t w = 0; w < wanted.size(); ++w) {
    for (std::size_t c = 0; c < calls.size(); ++c) fits[w][c] = mismatch(calls[c], wanted[w]).empty();
  }
  std::vector<int> owner(calls.size(), -1);
  for (std::size_t w = 0; w < wanted.size(); ++w) {
    Pairing pairing{.fits = fits, .owner = owner, .tried = std::vector<bool>(calls.size())};
    if (!pairing.place(w)) return fmt::format("no call is the wanted call {} of {}", w + 1, wanted[w].function);
  }
  return "";
}

}  // namespace xrouter::grade::calls
