#include "xrouter/grade/follow/kind.hpp"

#include <algorithm>
#include <optional>

#include "xrouter/base/assert.hpp"
#include "xrouter/base/suggest.hpp"

namespace xrouter::grade::follow {
namespace {

constexpr std::int64_t kMaxCount = 1'000'000;

using Held = std::variant<Text, std::vector<Text>, std::size_t>;

std::optional<Text> text_of(const Value& value) {
  const Value::List* list = value.if_list();
  if (list != nullptr && list->items.size() == 1) return text_of(list->items.front());
  const std::string* text = value.if_string();
  if (text == nullptr) return std::nullopt;
  Text decoded = decode(*text);
  if (is_blank(decoded)) return std::nullopt;
  return decoded;
}

std::optional<std::vector<Text>> texts_of(const Value& value) {
  const Value::List* list = value.if_list();
  if (list == nullptr || list->items.empty()) return std::nullopt;
  std::vector<Text> out;
  for (const Value& item : list->items) {
    auto text = text_of(item);
    if (!text) return std::nullopt;
    out.push_back(*std::move(text));
  }
  return out;
}

// 3 and 3.0: tables of mixed rows turn integers into floats.
std::optional<std::size_t> count_of(const Value& value, std::int64_t least) {
  const Number* number = value.if_number();
  if (number == nullptr) return std::nullopt;
  const double written = number->to_double();
  if (!(written >= static_cast<double>(least) && written <= static_cast<double>(kMaxCount))) return std::nullopt;
  const auto whole = static_cast<std::int64_t>(written);
  if (static_cast<double>(whole) != written) return std::nullopt;
  return static_cast<std::size_t>(whole);
}

std::optional<Held> held_of(ArgType type, const Value& value) {
  const auto wrapped = [](auto&& held) { return held ? std::optional<Held>(*std::move(held)) : std::nullopt; };
  switch (type) {
    case ArgType::none:
      return std::nullopt;
    case ArgType::text:
      return wrapped(text_of(value));
    case ArgType::texts:
      return wrapped(texts_of(value));
    case ArgType::count:
      return wrapped(count_of(value, 0));
    case ArgType::ordinal:
      return wrapped(count_of(value, 1));
    case ArgType::ignored:
      return Held(Text());
    case ArgType::relation: {
      const auto text = text_of(value);
      return text == U"less than" || text == U"at least" ? wrapped(text) : std::nullopt;
    }
    case ArgType::letter: {
      const Text letter = lowered(stripped(text_of(value).value_or(Text())));
      return letter.size() == 1 && letter[0] >= 'a' && letter[0] <= 'z' ? std::optional<Held>(letter) : std::nullopt;
    }
  }
  return std::nullopt;
}

std::string_view expected(ArgType type) {
  switch (type) {
    case ArgType::text:
      return "a text";
    case ArgType::texts:
      return "a list of texts";
    case ArgType::count:
      return "a number from 0 to 1000000";
    case ArgType::ordinal:
      return "a number from 1 to 1000000";
    case ArgType::relation:
      return "\"less than\" or \"at least\"";
    case ArgType::letter:
      return "a letter from a to z";
    case ArgType::none:
    case ArgType::ignored:
      return "anything";
  }
  return "anything";
}

const ArgSpec* spec_of(std::span<const ArgSpec> specs, std::string_view name) {
  const auto found = std::ranges::find(specs, name, &ArgSpec::name);
  return found == specs.end() ? nullptr : &*found;
}

Result<void> refuse_unknown(std::span<const ArgSpec> specs, const Value::Dict& kwargs) {
  for (const auto& [key, value] : kwargs.items) {
    const std::string* name = key.if_string();
    if (value.is_null()) continue;
    if (name == nullptr) return fail(ErrorKind::config, "an argument's name is not a text");
    if (!name->empty() && spec_of(specs, *name) != nullptr) continue;
    std::vector<std::string> known;
    for (const ArgSpec& spec : specs)
      if (!spec.name.empty()) known.emplace_back(spec.name);
    return fail(ErrorKind::config, "unknown argument '" + *name + "'" + did_you_mean(*name, known));
  }
  return {};
}

}  // namespace

Result<Args> Args::read(std::span<const ArgSpec> specs, const Value& kwargs) {
  static const Value::Dict kNone;
  const Value::Dict* given = kwargs.is_null() ? &kNone : kwargs.if_dict();
  if (given == nullptr) return fail(ErrorKind::config, "the arguments are not an object");
  if (auto refused = refuse_unknown(specs, *given); !refused) return tl::unexpected(refused.error());
  Args args;
  for (const ArgSpec& spec : specs) {
    if (spec.name.empty()) continue;
    const Value* value = kwargs.find(spec.name);
    if (value == nullptr || value->is_null()) {
      if (spec.required) return fail(ErrorKind::config, "the argument '" + std::string(spec.name) + "' is missing");
      continue;
    }
    auto held = held_of(spec.type, *value);
    if (!held) return fail(ErrorKind::config, "the argument '" + std::string(spec.name) + "' is not " + std::string(expected(spec.type)));
    args.held_.emplace_back(spec.name, *std::move(held));
  }
  return args;
}

const Args::Held& Args::get(std::string_view name) const {
  const auto found = std::ranges::find(held_, name, [](const auto& pair) { return pair.first; });
  XROUTER_ASSERT(found != held_.end(), "a checker reads only what its kind declares");
  return found->second;
}

bool Args::has(std::string_view name) const {
  return std::ranges::any_of(held_, [name](const auto& pair) { return pair.first == name; });
}

const Text& Args::text(std::string_view name) const { return std::get<Text>(get(name)); }
const std::vector<Text>& Args::texts(std::string_view name) const { return std::get<std::vector<Text>>(get(name)); }
std::size_t Args::count(std::string_view name) const { return std::get<std::size_t>(get(name)); }

bool Args::compare(std::size_t found, std::string_view relation, std::string_view threshold) const {
  return text(relation) == U"less than" ? found < count(threshold) : found >= count(threshold);
}

namespace {

using Group = std::span<const Kind> (*)();
constexpr std::array<Group, 11> kGroups{keyword_kinds,        length_kinds,       content_kinds,     shape_kinds,
                                        multi_copy_kinds,     multi_word_kinds,   bench_count_kinds, bench_word_kinds,
                                        bench_sentence_kinds, bench_format_kinds, bench_custom_kinds};

// How many of the groups, in their order, a set holds.
std::span<const Group> groups_of(KindSet set) {
  switch (set) {
    case KindSet::ifeval:
      return std::span(kGroups).first(4);
    case KindSet::ifmulti:
      return std::span(kGroups).first(6);
    case KindSet::ifbench:
      break;
  }
  return kGroups;
}

}  // namespace

const Kind* find_kind(KindSet set, std::string_view id) {
  for (const Group group : groups_of(set)) {
    const std::span<const Kind> kinds = group();
    const auto found = std::ranges::find(kinds, id, &Kind::id);
    if (found != kinds.end()) return &*found;
  }
  return nullptr;
}

std::vector<std::string> kind_ids(KindSet set) {
  std::vector<std::string> out;
  for (const Group group : groups_of(set))
    for (const Kind& kind : group()) out.emplace_back(kind.id);
  return out;
}

}  // namespace xrouter::grade::follow
