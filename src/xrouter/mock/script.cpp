#include "xrouter/mock/script.hpp"

#include "xrouter/base/assert.hpp"
#include "xrouter/json/parse.hpp"

namespace xrouter::mock {
namespace bj = boost::json;
namespace {

constexpr std::string_view kInlineOpen = "<mock>";
constexpr std::string_view kInlineClose = "</mock>";
constexpr std::int64_t kTokensPerPrice = 1'000'000;

std::string text_of(bj::string_view text) { return {text.data(), text.size()}; }

Result<Match> parse_match(const bj::value& value, const std::string& path) {
  if (auto known = only_members(value, path, {"model", "prompt", "headers", "stream", "turn", "nth"}); !known) return fail(known.error());
  json::ObjectReader in(value, path);
  Match match;
  match.model = in.optional_string("model");
  match.prompt = in.optional_string("prompt");
  match.stream = in.optional_bool("stream");
  if (auto turn = in.optional_integer("turn", 1, 1000)) match.turn = static_cast<int>(*turn);
  if (const bj::object* headers = in.optional_object("headers")) {
    for (const auto& [name, pattern] : *headers) {
      if (pattern.is_string())
        match.headers[text_of(name)] = text_of(pattern.get_string());
      else
        in.fail_at("headers", "must map names to patterns");
    }
  }
  const bj::value* nth = in.find("nth");
  if (nth && nth->is_array()) {
    const bj::array& range = nth->get_array();
    const bool good = range.size() == 2 && range[0].is_int64() && range[1].is_int64() && range[0].get_int64() >= 1;
    if (good) {
      match.nth_from = static_cast<std::uint64_t>(range[0].get_int64());
      match.nth_to = static_cast<std::uint64_t>(range[1].get_int64());
    } else {
      in.fail_at("nth", "must be a number from 1, or [first, last]");
    }
  } else if (auto number = in.optional_integer("nth", 1, 1'000'000'000)) {
    match.nth_from = match.nth_to = static_cast<std::uint64_t>(*number);
  }
  if (!in.ok()) return fail(in.error());
  return match;
}

Result<Price> parse_price(const bj::value& value, const std::string& path) {
  if (auto known = only_members(value, path, {"input", "output", "cached_input", "cache_write", "reasoning"}); !known) return fail(known.error());
  json::ObjectReader in(value, path);
  Price price;
  const auto read = [&](std::string_view name, std::optional<Usd>& into) {
    const std::optional<std::string> text = in.optional_string(name);
    if (!text) return;
    auto amount = price_per_token(*text);
    if (amount)
      into = *amount;
    else
      in.fail_at(name, "must be US dollars per million tokens, as in \"2.50\", exact to a pico-dollar per token");
  };
  read("input", price.input);
  read("output", price.output);
  read("cached_input", price.cached_input);
  read("cache_write", price.cache_write);
  read("reasoning", price.reasoning);
  if (!price.known()) in.fail_at("", "needs input and output");
  if (!in.ok()) return fail(in.error());
  if (!price.cached_input) price.cached_input = price.input;
  if (!price.cache_write) price.cache_write = price.input;
  if (!price.reasoning) price.reasoning = price.output;
  return price;
}

Result<void> parse_prices(const bj::object& object, const std::string& path, std::map<std::string, Price>& into) {
  for (const auto& [model, value] : object) {
    auto price = parse_price(value, path + "." + text_of(model));
    if (!price) return fail(price.error());
    into[text_of(model)] = std::move(*price);
  }
  return {};
}

Result<void> parse_rules(const bj::array& list, const std::string& path, const Behaviour& defaults, std::vector<Rule>& into) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto rule = parse_rule(list[i], path + "[" + std::to_string(i) + "]", defaults);
    if (!rule) return fail(rule.error());
    into.push_back(std::move(*rule));
  }
  return {};
}

bool matches(const Match& match, const MockRequest& request, const net::Headers& headers) {
  if (match.model && !matches_pattern(*match.model, request.model)) return false;
  if (match.prompt && request.all_text.find(*match.prompt) == std::string::npos) return false;
  if (match.stream && *match.stream != request.stream) return false;
  if (match.turn && *match.turn != request.turn) return false;
  for (const auto& [name, pattern] : match.headers) {
    if (!headers.has(name) || !matches_pattern(pattern, headers.get(name))) return false;
  }
  return true;
}

std::optional<std::string_view> inline_script(std::string_view text) {
  const std::size_t open = text.find(kInlineOpen);
  if (open == std::string_view::npos) return std::nullopt;
  const std::size_t from = open + kInlineOpen.size();
  const std::size_t close = text.find(kInlineClose, from);
  if (close == std::string_view::npos) return std::nullopt;
  return text.substr(from, close - from);
}

}  // namespace

Result<Usd> price_per_token(std::string_view usd_per_million) {
  auto amount = Usd::parse(usd_per_million);
  if (!amount) return amount;
  if (amount->pico() < 0 || amount->pico() % kTokensPerPrice != 0) return fail(ErrorKind::config, "The price is not exact to a pico-dollar per token.");
  return Usd::from_pico(amount->pico() / kTokensPerPrice);
}

bool matches_pattern(std::string_view pattern, std::string_view text) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (text.substr(0, star) != pattern.substr(0, star)) return false;
  const std::string_view rest = pattern.substr(star + 1);
  for (std::size_t skip = star; skip <= text.size(); ++skip) {
    if (matches_pattern(rest, text.substr(skip))) return true;
  }
  return false;
}

Result<Rule> parse_rule(const bj::value& value, const std::string& path, const Behaviour& defaults) {
  if (auto known = only_members(value, path, {"name", "when", "do", "cycle"}); !known) return fail(known.error());
  json::ObjectReader in(value, path);
  Rule rule;
  rule.name = in.optional_string("name").value_or(path);
  rule.cycle = in.optional_bool("cycle").value_or(false);
  const bj::value* steps = in.find("do");
  if (!steps) in.fail_at("do", "is missing");
  if (!in.ok()) return fail(in.error());
  if (const bj::value* when = in.find("when")) {
    auto match = parse_match(*when, in.path_of("when"));
    if (!match) return fail(match.error());
    rule.match = std::move(*match);
  }
  const bj::array one{*steps};
  const bj::array& list = steps->is_array() ? steps->get_array() : one;
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto step = parse_behaviour(list[i], in.path_of("do") + (steps->is_array() ? "[" + std::to_string(i) + "]" : ""), defaults);
    if (!step) return fail(step.error());
    rule.steps.push_back(std::move(*step));
  }
  if (rule.steps.empty()) in.fail_at("do", "needs at least one step");
  if (!in.ok()) return fail(in.error());
  return rule;
}

Result<Script> parse_script(std::string_view text, Behaviour defaults) {
  auto value = json::parse(text);
  if (!value) return fail(value.error());
  if (auto known = only_members(*value, "", {"seed", "prices", "defaults", "rules", "comment"}); !known) return fail(known.error());
  Script script;
  script.defaults = std::move(defaults);
  json::ObjectReader in(*value);
  script.seed = static_cast<std::uint64_t>(in.optional_integer("seed", 0, std::numeric_limits<std::int64_t>::max()).value_or(1));
  if (const bj::value* under = in.find("defaults")) {
    auto read = parse_behaviour(*under, "defaults", script.defaults);
    if (!read) return fail(read.error());
    script.defaults = std::move(*read);
  }
  Result<void> nested;
  if (const bj::object* prices = in.optional_object("prices")) nested = parse_prices(*prices, "prices", script.prices);
  const bj::array* rules = in.optional_array("rules", 10'000);
  if (nested && rules) nested = parse_rules(*rules, "rules", script.defaults, script.rules);
  if (!nested) return fail(nested.error());
  if (!in.ok()) return fail(in.error());
  return script;
}

ScriptRunner::ScriptRunner(Script script) : script_(std::move(script)) {
  auto presets = json::parse(preset_rules());
  XROUTER_ASSERT(presets.has_value() && presets->is_array(), "the built-in rules are valid JSON");
  const Result<void> added = parse_rules(presets->get_array(), "presets", script_.defaults, script_.rules);
  XROUTER_ASSERT(added.has_value(), "the built-in rules are valid rules");
  counters_.resize(script_.rules.size());
}

void ScriptRunner::reset() { counters_.assign(script_.rules.size(), Counter{}); }

const Price* ScriptRunner::price_of(std::string_view model) const {
  for (const auto& [pattern, price] : script_.prices) {
    if (matches_pattern(pattern, model)) return &price;
  }
  return nullptr;
}

Result<std::optional<ScriptRunner::Choice>> ScriptRunner::inline_choice(const MockRequest& request, const net::Headers& headers) const {
  const std::string_view header = headers.get("x-mock-script");
  const std::optional<std::string_view> text = header.empty() ? inline_script(request.last_user_text) : std::optional(header);
  if (!text) return std::nullopt;
  auto value = json::parse(*text);
  if (!value) return fail(value.error());
  Rule rule;
  if (const bj::object* object = value->if_object(); object && object->contains("do")) {
    auto parsed = parse_rule(*value, "script", script_.defaults);
    if (!parsed) return fail(parsed.error());
    rule = std::move(*parsed);
  } else {
    auto parsed = parse_behaviour(*value, "script", script_.defaults);
    if (!parsed) return fail(parsed.error());
    rule.steps.push_back(std::move(*parsed));
  }
  if (!matches(rule.match, request, headers)) return std::nullopt;
  return Choice{.behaviour = std::move(rule.steps.front()), .rule = "inline"};
}

Result<ScriptRunner::Choice> ScriptRunner::choose(const MockRequest& request, const net::Headers& headers) {
  auto asked = inline_choice(request, headers);
  if (!asked) return fail(asked.error());
  if (*asked) return std::move(**asked);
  bool stable = true;
  for (std::size_t i = 0; i < script_.rules.size(); ++i) {
    const Rule& rule = script_.rules[i];
    if (!rule.match.headers.empty()) stable = false;
    if (!matches(rule.match, request, headers)) continue;
    Counter& counter = counters_[i];
    ++counter.seen;
    if (rule.match.nth_from > 0) {
      stable = false;
      if (counter.seen < rule.match.nth_from || counter.seen > rule.match.nth_to) continue;
    }
    if (rule.steps.size() > 1) stable = false;
    const std::uint64_t last = rule.steps.size() - 1;
    const std::uint64_t step = rule.cycle ? counter.played % rule.steps.size() : std::min(counter.played, last);
    ++counter.played;
    return Choice{.behaviour = rule.steps[step], .rule = rule.name, .stable = stable};
  }
  return Choice{.behaviour = script_.defaults, .rule = "default", .stable = stable};
}

}  // namespace xrouter::mock
