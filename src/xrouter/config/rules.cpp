#include "xrouter/config/rules.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "xrouter/catalog/catalog.hpp"
#include "xrouter/json/parse.hpp"

namespace xrouter::config {
namespace {

constexpr std::int64_t kTokensPerMtok = 1'000'000;
constexpr std::size_t kShownLength = 60;

tl::unexpected<Problem> problem(const YamlNode& node, std::string text) {
  return tl::unexpected(Problem{.mark = node.mark, .text = std::move(text)});
}

/// What stands in the file, for "must be ..., not ...".
std::string found(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::sequence:
      return "a list";
    case YamlNode::Kind::map:
      return "a map";
    case YamlNode::Kind::scalar:
      break;
  }
  const std::string shown = node.text.size() <= kShownLength ? node.text : node.text.substr(0, kShownLength) + "...";
  return (node.quoted ? "the quoted text '" : "'") + shown + "'";
}

tl::unexpected<Problem> must_be(const YamlNode& node, const std::string& type, const std::string& hint = {}) {
  return problem(node, "must be " + type + ", not " + found(node) + hint);
}

bool is_plain(const YamlNode& node) { return node.kind == YamlNode::Kind::scalar && !node.quoted; }

template <class Number>
std::optional<Number> parse_whole(std::string_view text) {
  Number value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// YAML 1.1 reads 010 as eight; nobody who writes it here means that.
bool has_leading_zero(std::string_view digits) { return digits.size() > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9'; }

std::string range(std::int64_t min, std::int64_t max) {
  if (max == std::numeric_limits<std::int64_t>::max()) return "from " + std::to_string(min);
  return "from " + std::to_string(min) + " to " + std::to_string(max);
}

tl::expected<std::int64_t, Problem> read_whole(const YamlNode& node, const std::string& type, std::int64_t min, std::int64_t max) {
  if (!is_plain(node)) return must_be(node, type, node.quoted ? "; leave the quotes out" : "");
  if (has_leading_zero(node.text)) return must_be(node, type, "; leave the leading zero out");
  const auto value = parse_whole<std::int64_t>(node.text);
  if (!value || *value < min || *value > max) return must_be(node, type);
  return *value;
}

}  // namespace

std::string quoted(std::string_view text) { return json::quote(text); }

namespace rules {

template <class T>
Rule<T> whole_number(std::int64_t min, std::int64_t max) {
  const std::string type = "a whole number " + range(min, max);
  return {.type = type,
          .read = [=](const YamlNode& node) -> tl::expected<T, Problem> {
            return read_whole(node, type, min, max).map([](std::int64_t value) { return static_cast<T>(value); });
          },
          .show = [](const T& value) { return std::to_string(value); }};
}
template Rule<int> whole_number<int>(std::int64_t, std::int64_t);
template Rule<std::int64_t> whole_number<std::int64_t>(std::int64_t, std::int64_t);
template Rule<std::size_t> whole_number<std::size_t>(std::int64_t, std::int64_t);

Rule<milliseconds> duration_ms(std::int64_t min, std::int64_t max) {
  const std::string type = "a whole number of milliseconds " + range(min, max);
  return {.type = type,
          .read = [=](const YamlNode& node) -> tl::expected<milliseconds, Problem> {
            return read_whole(node, type, min, max).map([](std::int64_t value) { return milliseconds(value); });
          },
          .show = [](const milliseconds& value) { return std::to_string(value.count()); }};
}

Rule<double> decimal(double min, double max) {
  // Fixed, because the reader takes no exponent.
  const auto shown = [](const double& value) {
    std::array<char, 400> buffer{};
    auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
    return std::string(buffer.data(), end);
  };
  const std::string type = "a number from " + shown(min) + " to " + shown(max);
  return {.type = type,
          .read = [=](const YamlNode& node) -> tl::expected<double, Problem> {
            const bool digits_only = is_plain(node) && node.text.find_first_not_of("0123456789.-") == std::string::npos;
            if (!digits_only || has_leading_zero(node.text)) return must_be(node, type);
            const auto value = parse_whole<double>(node.text);
            if (!value || *value < min || *value > max) return must_be(node, type);
            return *value;
          },
          .show = shown};
}

Rule<bool> boolean() {
  return {.type = "true or false",
          .read = [](const YamlNode& node) -> tl::expected<bool, Problem> {
            if (is_plain(node) && node.text == "true") return true;
            if (is_plain(node) && node.text == "false") return false;
            return must_be(node, "true or false");
          },
          .show = [](const bool& value) { return std::string(value ? "true" : "false"); }};
}

Rule<std::string> checked_text(std::string type, std::function<std::string(std::string_view)> check) {
  return {.type = type,
          .read = [type, check = std::move(check)](const YamlNode& node) -> tl::expected<std::string, Problem> {
            if (node.kind != YamlNode::Kind::scalar) return must_be(node, type);
            if (std::string wrong = check(node.text); !wrong.empty()) return must_be(node, type, ": " + wrong);
            return node.text;
          },
          .show = [](const std::string& value) { return quoted(value); }};
}

Rule<std::string> text(std::size_t min_length, std::size_t max_length) {
  const std::string type = min_length > 0 ? "text" : "text, may be \"\"";
  return checked_text(type, [=](std::string_view value) -> std::string {
    if (value.size() < min_length) return "it is empty";
    if (value.size() > max_length) return "it is longer than " + std::to_string(max_length) + " bytes";
    return {};
  });
}

Rule<std::string> one_of(std::vector<std::string> words) {
  std::string type = "one of ";
  for (std::size_t i = 0; i < words.size(); ++i) type += (i == 0 ? "" : ", ") + words[i];
  return {.type = type,
          .read = [type, words](const YamlNode& node) -> tl::expected<std::string, Problem> {
            if (node.kind != YamlNode::Kind::scalar || std::find(words.begin(), words.end(), node.text) == words.end())
              return must_be(node, type);
            return node.text;
          },
          .show = [](const std::string& value) { return value; }};
}

Rule<std::vector<std::string>> list_of(Rule<std::string> item, std::size_t max_items) {
  const std::string type = "a list, each item " + item.type;
  return {.type = type,
          .read = [=](const YamlNode& node) -> tl::expected<std::vector<std::string>, Problem> {
            if (node.kind != YamlNode::Kind::sequence) return must_be(node, type, "; write [a, b]");
            if (node.items.size() > max_items) return problem(node, "has more than " + std::to_string(max_items) + " items");
            std::vector<std::string> values;
            for (const YamlNode& entry : node.items) {
              auto value = item.read(entry);
              if (!value) return tl::unexpected(value.error());
              if (std::find(values.begin(), values.end(), *value) != values.end())
                return problem(entry, "'" + *value + "' stands twice in the list");
              values.push_back(std::move(*value));
            }
            return values;
          },
          .show =
              [item](const std::vector<std::string>& values) {
                std::string out = "[";
                for (const std::string& value : values) out += (out.size() > 1 ? ", " : "") + item.show(value);
                return out + "]";
              }};
}

namespace {

/// An amount that is not negative and exact to the pico-dollar.
tl::expected<Usd, Problem> read_amount(const YamlNode& node, const std::string& type) {
  if (node.kind != YamlNode::Kind::scalar) return must_be(node, type);
  bool rounded = false;
  const auto amount = Usd::parse(node.text, &rounded);
  if (!amount || *amount < Usd::zero()) return must_be(node, type);
  if (rounded) return must_be(node, type, ": more than 12 decimals");
  return *amount;
}

}  // namespace

Rule<std::optional<Usd>> optional_usd() {
  const std::string type = "an amount in US dollars such as \"0.25\", or null for none";
  return {.type = type,
          .read = [=](const YamlNode& node) -> tl::expected<std::optional<Usd>, Problem> {
            if (node.kind == YamlNode::Kind::null) return std::optional<Usd>();
            auto amount = read_amount(node, type);
            if (!amount) return tl::unexpected(amount.error());
            return std::optional(*amount);
          },
          .show = [](const std::optional<Usd>& value) { return value ? quoted(value->to_decimal()) : "null"; }};
}

Rule<std::optional<Usd>> usd_per_mtok() {
  const std::string type = "US dollars per million tokens such as \"2.50\", or null for unknown";
  return {.type = type,
          .read = [=](const YamlNode& node) -> tl::expected<std::optional<Usd>, Problem> {
            if (node.kind == YamlNode::Kind::null) return std::optional<Usd>();
            auto amount = read_amount(node, type);
            if (!amount) return tl::unexpected(amount.error());
            if (amount->pico() % kTokensPerMtok != 0) return must_be(node, type, ": more than 6 decimals");
            const std::int64_t per_token = amount->pico() / kTokensPerMtok;
            const bool sane = per_token == 0 || (per_token >= kMinPicoPerToken && per_token <= kMaxPicoPerToken);
            if (!sane) return must_be(node, type, ": outside 0.001 to 1000; is the unit right?");
            return std::optional(Usd::from_pico(per_token));
          },
          .show =
              [](const std::optional<Usd>& value) {
                if (!value) return std::string("null");
                return quoted(value->checked_mul(kTokensPerMtok).value_or(Usd::max()).to_decimal());
              }};
}

Rule<Tier> tier() {
  std::vector<std::string> words;
  for (Tier each : {Tier::premium, Tier::standard, Tier::budget, Tier::specialised}) words.emplace_back(to_text(each));
  const Rule<std::string> word = one_of(words);
  return {.type = word.type,
          .read = [word](const YamlNode& node) -> tl::expected<Tier, Problem> {
            return word.read(node).map([](const std::string& value) { return *tier_of(value); });
          },
          .show = [](const Tier& value) { return std::string(to_text(value)); }};
}

}  // namespace rules
}  // namespace xrouter::config
