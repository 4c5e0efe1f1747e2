#include "xrouter/mock/behaviour.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "xrouter/json/parse.hpp"

namespace xrouter::mock {
namespace bj = boost::json;
namespace {

constexpr double kMaxDelayMs = 3'600'000;
constexpr std::int64_t kMaxBytes = 256 * 1024 * 1024;
constexpr std::int64_t kMaxEvents = 1'000'000;

std::string_view view(const bj::string& text) { return {text.data(), text.size()}; }
std::string_view view(bj::string_view text) { return {text.data(), text.size()}; }

template <class Enum, std::size_t N>
void read_enum(json::ObjectReader& in, std::string_view name, const std::array<std::pair<std::string_view, Enum>, N>& words, Enum& into) {
  const std::optional<std::string> text = in.optional_string(name);
  if (!text) return;
  for (const auto& [word, value] : words) {
    if (word != *text) continue;
    into = value;
    return;
  }
  std::string list;
  for (const auto& [word, value] : words) list += (list.empty() ? "" : ", ") + std::string(word);
  in.fail_at(name, "must be one of: " + list);
}

constexpr std::array<std::pair<std::string_view, UsagePlace>, 4> kPlaces{
    {{"asked", UsagePlace::asked}, {"separate", UsagePlace::separate}, {"last", UsagePlace::last}, {"none", UsagePlace::none}}};
constexpr std::array<std::pair<std::string_view, LineEnd>, 3> kLineEnds{
    {{"lf", LineEnd::lf}, {"crlf", LineEnd::crlf}, {"cr", LineEnd::cr}}};
constexpr std::array<std::pair<std::string_view, DoneMark>, 3> kDoneMarks{
    {{"normal", DoneMark::normal}, {"missing", DoneMark::missing}, {"spaced", DoneMark::spaced}}};
constexpr std::array<std::pair<std::string_view, Cut::How>, 4> kHows{
    {{"reset", Cut::How::reset}, {"close", Cut::How::close}, {"half_close", Cut::How::half_close}, {"stall", Cut::How::stall}}};
constexpr std::array<std::pair<std::string_view, Cut::Where>, 2> kWheres{{{"request", Cut::Where::request}, {"head", Cut::Where::head}}};

// "p50" -> 0.5, "p99.9" -> 0.999.
std::optional<double> quantile_of(std::string_view name) {
  if (name.size() < 2 || name[0] != 'p' || !std::isdigit(static_cast<unsigned char>(name[1]))) return std::nullopt;
  char* end = nullptr;
  const std::string digits(name.substr(1));
  const double percent = std::strtod(digits.c_str(), &end);
  if (*end != '\0' || percent > 100) return std::nullopt;
  return percent / 100;
}

void read_percentiles(json::ObjectReader& in, std::string_view name, const bj::object& object, Delay& into) {
  std::vector<std::pair<double, double>> points;
  for (const auto& [key, value] : object) {
    const std::optional<double> quantile = quantile_of(view(key));
    bj::error_code error;
    const double ms = value.is_number() ? value.to_number<double>(error) : -1;
    if (!quantile || !(ms >= 0 && ms <= kMaxDelayMs)) return in.fail_at(name, "must map percentiles to milliseconds, as in {\"p50\": 20, \"p99\": 80}");
    points.emplace_back(*quantile, ms);
  }
  std::sort(points.begin(), points.end());
  const bool rising = std::is_sorted(points.begin(), points.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  if (points.empty() || !rising) return in.fail_at(name, "needs percentiles that rise");
  into = Delay(std::move(points));
}

void read_delay(json::ObjectReader& in, std::string_view name, Delay& into) {
  const bj::value* value = in.find(name);
  if (!value) return;
  if (const bj::object* object = value->if_object()) return read_percentiles(in, name, *object, into);
  if (const std::optional<double> ms = in.optional_number(name, 0, kMaxDelayMs)) into = Delay::fixed(*ms);
}

void read_size(json::ObjectReader& in, std::string_view name, std::int64_t max, std::size_t& into) {
  if (const auto number = in.optional_integer(name, 0, max)) into = static_cast<std::size_t>(*number);
}

void read_text(json::ObjectReader& in, std::string_view name, std::string& into) {
  if (auto text = in.optional_string(name)) into = std::move(*text);
}

// A string as it is, any other JSON value as its text.
std::optional<std::string> text_or_json(const bj::value* value) {
  if (!value) return std::nullopt;
  if (const bj::string* text = value->if_string()) return std::string(view(*text));
  return json::raw(*value).text;
}

void read_headers(json::ObjectReader& in, net::Headers& into) {
  const bj::object* object = in.optional_object("headers");
  if (!object) return;
  for (const auto& [key, value] : *object) {
    if (!value.is_string()) return in.fail_at("headers", "must map names to strings");
    into.set(std::string(view(key)), std::string(view(value.get_string())));
  }
}

Result<void> read_error(const bj::value& value, const std::string& path, MockError& into) {
  if (auto known = only_members(value, path, {"message", "type", "param", "code"}); !known) return known;
  json::ObjectReader in(value, path);
  if (auto text = in.optional_string("message")) into.message = std::move(text);
  if (auto text = in.optional_string("type")) into.type = std::move(text);
  if (auto text = in.optional_string("param")) into.param = std::move(text);
  if (auto text = in.optional_string("code")) into.code = std::move(text);
  if (!in.ok()) return fail(in.error());
  return {};
}

Result<void> read_usage(const bj::value& value, const std::string& path, MockUsage& into) {
  if (auto known = only_members(value, path, {"place", "prompt_tokens", "completion_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens"});
      !known)
    return known;
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  json::ObjectReader in(value, path);
  read_enum(in, "place", kPlaces, into.place);
  if (auto n = in.optional_integer("prompt_tokens", kMin, kMax)) into.prompt_tokens = n;
  if (auto n = in.optional_integer("completion_tokens", kMin, kMax)) into.completion_tokens = n;
  into.cached_tokens = in.optional_integer("cached_tokens", kMin, kMax).value_or(into.cached_tokens);
  into.cache_write_tokens = in.optional_integer("cache_write_tokens", kMin, kMax).value_or(into.cache_write_tokens);
  into.reasoning_tokens = in.optional_integer("reasoning_tokens", kMin, kMax).value_or(into.reasoning_tokens);
  if (!in.ok()) return fail(in.error());
  return {};
}

Result<void> read_cut(const bj::value& value, const std::string& path, std::optional<Cut>& into) {
  if (auto known = only_members(value, path, {"how", "after", "events", "bytes"}); !known) return known;
  json::ObjectReader in(value, path);
  Cut cut;
  read_enum(in, "how", kHows, cut.how);
  read_enum(in, "after", kWheres, cut.where);
  const int places = in.has("after") + in.has("events") + in.has("bytes");
  if (places != 1) in.fail_at("", "needs exactly one of: after, events, bytes");
  if (in.has("events")) cut.where = Cut::Where::events;
  if (in.has("bytes")) cut.where = Cut::Where::bytes;
  read_size(in, "events", kMaxEvents, cut.count);
  read_size(in, "bytes", kMaxBytes, cut.count);
  if (!in.ok()) return fail(in.error());
  into = cut;
  return {};
}

Result<void> read_tool_calls(const bj::array& list, const std::string& path, std::vector<MockToolCall>& into) {
  into.clear();
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string at = path + "[" + std::to_string(i) + "]";
    if (auto known = only_members(list[i], at, {"name", "arguments", "id"}); !known) return known;
    json::ObjectReader in(list[i], at);
    MockToolCall call;
    call.name = in.string("name");
    call.arguments = text_or_json(in.find("arguments")).value_or("{}");
    call.id = in.optional_string("id").value_or("");
    if (!in.ok()) return fail(in.error());
    into.push_back(std::move(call));
  }
  return {};
}

void read_splits(json::ObjectReader& in, Behaviour& into) {
  read_size(in, "split_every", kMaxBytes, into.split_every);
  const bj::array* list = in.optional_array("split_at", 4096);
  if (!list) return;
  into.split_at.clear();
  for (const bj::value& offset : *list) {
    if (!offset.is_int64() || offset.get_int64() < 1) return in.fail_at("split_at", "must list byte offsets from 1");
    into.split_at.push_back(static_cast<std::size_t>(offset.get_int64()));
  }
  std::sort(into.split_at.begin(), into.split_at.end());
}

void read_content(json::ObjectReader& in, Behaviour& into) {
  if (auto body = text_or_json(in.find("body"))) into.body = std::move(body);
  if (auto raw = in.optional_string("raw_http")) into.raw_http = std::move(raw);
  if (auto text = text_or_json(in.find("text"))) into.text = std::move(text);
  read_text(in, "content_type", into.content_type);
  into.echo = in.optional_bool("echo").value_or(into.echo);
  read_size(in, "text_bytes", kMaxBytes, into.text_bytes);
  read_text(in, "reasoning", into.reasoning);
  read_text(in, "refusal", into.refusal);
  read_text(in, "finish_reason", into.finish_reason);
  read_size(in, "chunks", kMaxEvents, into.chunks);
}

}  // namespace

Duration Delay::draw(Rng& rng) const {
  if (none()) return Duration::zero();
  const double u = points_.size() == 1 ? 0 : rng.uniform();
  auto above = std::find_if(points_.begin(), points_.end(), [u](const auto& p) { return p.first > u; });
  double ms = points_.front().second;
  if (above == points_.end()) {
    ms = points_.back().second;
  } else if (above != points_.begin()) {
    const auto& [low_q, low_ms] = *(above - 1);
    ms = low_ms + (above->second - low_ms) * (u - low_q) / (above->first - low_q);
  }
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(ms));
}

Result<void> only_members(const bj::value& value, const std::string& path, std::initializer_list<std::string_view> known) {
  const bj::object* object = value.if_object();
  if (!object) return {};  // the reader says what is wrong
  for (const auto& [key, member] : *object) {
    if (std::find(known.begin(), known.end(), view(key)) != known.end()) continue;
    std::string list;
    for (std::string_view name : known) list += (list.empty() ? "" : ", ") + std::string(name);
    json::ObjectReader in(value, path);
    in.fail_at(view(key), "is not known here; known are: " + list);
    return fail(in.error());
  }
  return {};
}

Result<Behaviour> parse_behaviour(const bj::value& value, const std::string& path, Behaviour base) {
  auto known = only_members(value, path,
                            {"delay_ms", "ttft_ms", "gap_ms", "status", "headers", "error", "body", "raw_http", "content_type", "text", "echo",
                             "text_bytes", "reasoning", "refusal", "tool_calls", "finish_reason", "chunks", "usage", "line_end", "done",
                             "comments", "split_every", "split_at", "cut"});
  if (!known) return fail(known.error());
  json::ObjectReader in(value, path);
  read_delay(in, "delay_ms", base.delay);
  read_delay(in, "ttft_ms", base.ttft);
  read_delay(in, "gap_ms", base.gap);
  base.status = static_cast<int>(in.optional_integer("status", 200, 599).value_or(base.status));
  read_headers(in, base.headers);
  read_content(in, base);
  read_enum(in, "line_end", kLineEnds, base.line_end);
  read_enum(in, "done", kDoneMarks, base.done);
  base.comments = in.optional_bool("comments").value_or(base.comments);
  read_splits(in, base);

  Result<void> nested;
  if (const bj::value* error = in.find("error")) nested = read_error(*error, in.path_of("error"), base.error);
  if (const bj::value* usage = in.find("usage"); nested && usage) nested = read_usage(*usage, in.path_of("usage"), base.usage);
  if (const bj::value* cut = in.find("cut"); nested && cut) nested = read_cut(*cut, in.path_of("cut"), base.cut);
  if (const bj::array* calls = in.optional_array("tool_calls", 256); nested && calls)
    nested = read_tool_calls(*calls, in.path_of("tool_calls"), base.tool_calls);
  if (!nested) return fail(nested.error());
  if (!in.ok()) return fail(in.error());
  return base;
}

}  // namespace xrouter::mock
